// The reference server of tus, @tus/server with its file store, on a port and a folder.
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [port, directory] = process.argv.slice(2)
const server = new Server({ path: '/send/uploads', datastore: new FileStore({ directory }) })
server.listen({ host: '127.0.0.1', port: Number(port) })
