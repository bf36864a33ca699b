import { afterEach, expect, it, vi } from "vitest";
import { Connection } from "./connection";

class Socket {
  static readonly OPEN = 1;
  static all: Socket[] = [];
  readyState = 0;
  sent: string[] = [];
  onopen = () => {};
  onmessage = () => {};
  onclose = () => {};
  constructor(readonly address: URL) {
    Socket.all.push(this);
  }
  send(text: string) {
    this.sent.push(text);
  }
  close() {}
  open() {
    this.readyState = Socket.OPEN;
    this.onopen();
  }
}

afterEach(() => {
  vi.unstubAllGlobals();
  Socket.all = [];
});

it("says what is wanted since the line was asked for, once it is open", () => {
  vi.stubGlobal("WebSocket", Socket);
  const connection = new Connection({ topics: ["posts"], jobs: [], kinds: [] }, () => null, { message: () => {}, open: () => {} });
  // The screen is there before the line is.
  connection.want({ topics: ["posts", "traffic"], jobs: [], kinds: [] });
  expect(Socket.all).toHaveLength(1);
  Socket.all[0]?.open();
  expect(Socket.all[1]?.address.searchParams.get("topics")).toContain("traffic");
  Socket.all[1]?.open();
  expect(Socket.all).toHaveLength(2);
  connection.close();
});

it("names jobs on the line that opens without another one", () => {
  vi.stubGlobal("WebSocket", Socket);
  const connection = new Connection({ topics: ["jobs"], jobs: ["A"], kinds: [] }, () => null, { message: () => {}, open: () => {} });
  connection.want({ topics: ["jobs"], jobs: ["B"], kinds: [] });
  Socket.all[0]?.open();
  expect(Socket.all[0]?.sent).toEqual(['{"unsubscribe":{"jobs":["A"],"kinds":[]}}', '{"subscribe":{"jobs":["B"],"kinds":[]}}']);
  connection.close();
});
