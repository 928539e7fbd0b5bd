// Sends the calls of a file, one JSON a line, through Segment's client.
// node send.mjs HOST WRITE_KEY FILE
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(`${process.cwd()}/`);
const { Analytics } = require("@segment/analytics-node");
const [host, writeKey, file] = process.argv.slice(2);
const failed = [];
const client = new Analytics({ host, writeKey, flushAt: 100, flushInterval: 50, maxRetries: 10 });
client.on("error", (error) => failed.push(error));

const AT_ONCE = 500;
let waiting = [];
for await (const line of createInterface({ input: createReadStream(file) })) {
  const { kind, timestamp, ...call } = JSON.parse(line);
  const sent = new Promise((done) => client[kind]({ ...call, timestamp: new Date(timestamp) }, done));
  waiting.push(sent);
  if (waiting.length >= AT_ONCE) {
    await Promise.all(waiting);
    waiting = [];
  }
}
await client.closeAndFlush({ timeout: 60_000 });
if (failed.length) {
  console.error(failed.slice(0, 3));
  process.exit(1);
}
