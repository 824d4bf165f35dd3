"""JavaScript and TypeScript: trying a module in Node.js, and how its tests are written."""
