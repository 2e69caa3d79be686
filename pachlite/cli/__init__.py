"""The command line: parse, call, render. Logic belongs where the gateway can use it too."""
