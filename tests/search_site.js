// Ask the search of a site built by Zensical, as its pages do: WORKER INDEX WORDS → number of hits.
const { readFileSync } = require("fs")
const [worker, index, input] = process.argv.slice(2)
const [SETUP, READY, QUERY] = [0, 1, 2]
const answers = {
  [READY]: () => self.onmessage({ data: { type: QUERY, data: { input } } }),
}
const counted = message => console.log(message.data.pagination.total)
globalThis.self = { postMessage: message => (answers[message.type] ?? counted)(message) }
eval(readFileSync(worker, "utf-8"))
self.onmessage({ data: { type: SETUP, data: JSON.parse(readFileSync(index, "utf-8")) } })
