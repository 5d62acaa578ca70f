// postal-mime over the files that are named on standard input: a line of JSON for each.
const { readFileSync } = require("node:fs");
const { createInterface } = require("node:readline");
const PostalMime = require("postal-mime");

const parse = PostalMime.parse ?? PostalMime.default.parse;

async function answer(path) {
  try {
    const mail = await parse(readFileSync(path));
    const parts = mail.attachments.map((one) => [
      one.filename ?? "", one.mimeType ?? "", Buffer.from(one.content).toString("base64"),
    ]);
    return { parts };
  } catch (fault) {
    return { fault: String(fault) };
  }
}

(async () => {
  for await (const path of createInterface({ input: process.stdin })) {
    process.stdout.write(JSON.stringify(await answer(path)) + "\n");
  }
})();
