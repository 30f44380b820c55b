import { register } from 'node:module'

// Writes the address of every module that is loaded to the standard error output.
const hook = `
import { writeSync } from 'node:fs'
export async function load(url, context, next) {
  writeSync(2, 'loaded ' + url + '\\n')
  return next(url, context)
}`
register(`data:text/javascript,${encodeURIComponent(hook)}`)
