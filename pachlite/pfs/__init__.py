"""What a versioned file system is: names, references, values and protocols. No I/O."""
