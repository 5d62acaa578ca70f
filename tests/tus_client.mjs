// tus-js-client, as the page uses it: sends one file and prints where it is. Without a chunk size it
// sends the whole file in one request. With pause_at it stops there for a moment, and goes on.
import fs from 'node:fs'
import { Upload } from 'tus-js-client'

const asked = JSON.parse(process.argv[2])
const waits = Array.from({ length: 200 }, () => 100)
let paused = false
const upload = new Upload(fs.createReadStream(asked.file), {
  endpoint: asked.endpoint,
  chunkSize: asked.chunk_size ?? Infinity,
  uploadSize: asked.size,
  retryDelays: waits,
  headers: { Cookie: asked.cookie },
  metadata: { filename: asked.name, filetype: 'application/pdf' },
  onError: (error) => {
    console.error(String(error))
    process.exit(1)
  },
  onChunkComplete: async (_size, accepted) => {
    if (asked.pause_at && accepted >= asked.pause_at && !paused) {
      paused = true
      await upload.abort()
      setTimeout(() => upload.start(), 200)
    }
  },
  onSuccess: () => {
    console.log(upload.url)
    process.exit(0)
  },
})
// Of an answer that is cut in its middle the library never hears in Node: nothing is left to be done
// then, and it begins again where the server stands. A browser says that the request has failed.
process.on('beforeExit', () => upload.start())
upload.start()
