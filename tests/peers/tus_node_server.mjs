// @tus/server on 127.0.0.1: node tus_node_server.mjs FOLDER [PORT]. Prints its tus endpoint once it answers.
import { createServer } from 'node:http'
import { FileStore } from '@tus/file-store'
import { Server } from '@tus/server'

const [folder, port = '0'] = process.argv.slice(2)
const tus = new Server({ path: '/files', relativeLocation: true, datastore: new FileStore({ directory: folder }) })
const http = createServer((request, response) => tus.handle(request, response))
http.listen(Number(port), '127.0.0.1', () => console.log(`http://127.0.0.1:${http.address().port}/files`))
