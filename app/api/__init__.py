"""The public endpoints, for programs and as MCP tools."""
