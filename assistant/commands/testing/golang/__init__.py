"""Go: trying a function in its own package, and how its tests are written."""
