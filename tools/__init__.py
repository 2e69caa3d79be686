"""What the development loop needs beside the package."""
