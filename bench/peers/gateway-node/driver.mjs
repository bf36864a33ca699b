// Portkey's gateway on the port that its own words name: `--port=PORT`.
await import("@portkey-ai/gateway/build/start-server.js");
