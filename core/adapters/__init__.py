"""Everything foreign stops here: one module a foreign thing, each translating its errors into `core.errors`."""
