"""How much a deployment needs: memory of engines, and engines for a number of people."""
