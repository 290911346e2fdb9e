// tus-js-client: node tus_js_upload.mjs ENDPOINT FILE METADATA_JSON OPTIONS_JSON. Prints the upload's URL.
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { Upload } from 'tus-js-client'

const [endpoint, path, metadata, options] = process.argv.slice(2)
const said = JSON.parse(options)
const file = createReadStream(path)
// a length told late is for sources that have none: a stream without a path
const upload = new Upload(said.uploadLengthDeferred ? Readable.from(file) : file, {
  endpoint,
  metadata: JSON.parse(metadata),
  retryDelays: [0, 200, 500, 1000, 1000, 2000],
  ...said,
  onError: (error) => { console.error(String(error)); process.exit(1) },
  onSuccess: () => { console.log(upload.url ?? endpoint); process.exit(0) },
})
upload.start()
