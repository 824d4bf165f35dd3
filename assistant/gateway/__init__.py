"""The HTTP door: dialects of clients that exist, one scheduler, engines by name."""
