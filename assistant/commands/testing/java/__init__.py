"""Java: trying methods in a virtual machine, where JUnit is found, how its tests are written."""
