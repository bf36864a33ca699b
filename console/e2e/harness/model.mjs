// A provider of language models on this machine, in the dialect that most servers speak.
import { createServer } from "node:http";

/**
 * There before a server begins, as its address has to be allowed to it (`connect.allow`). `model.next` are the steps of the coming
 * requests: a status, or the object that is answered as JSON; without one it answers `model.usual`.
 */
export async function startModel(usual) {
  const model = { usual, next: [], asked: [] };
  const server = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      model.asked.push(JSON.parse(Buffer.concat(parts).toString() || "{}"));
      const step = model.next.shift() ?? model.usual;
      if (typeof step === "number") return response.writeHead(step, { "content-type": "application/json" }).end("{}");
      const frame = (value) => response.write(`data: ${JSON.stringify(value)}\n\n`);
      response.writeHead(200, { "content-type": "text/event-stream" });
      frame({ id: "1", model: "pretend", choices: [{ index: 0, delta: { role: "assistant", content: JSON.stringify(step) } }] });
      frame({ id: "1", model: "pretend", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] });
      frame({ id: "1", model: "pretend", choices: [], usage: { prompt_tokens: 1_200, completion_tokens: 300, total_tokens: 1_500 } });
      response.end("data: [DONE]\n\n");
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  server.unref();
  model.address = `127.0.0.1:${server.address().port}`;
  model.url = `http://${model.address}/v1`;
  return model;
}
