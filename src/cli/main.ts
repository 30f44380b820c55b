#!/usr/bin/env node
import { runCli } from './program.ts'

// A reader that has seen enough, such as `head`, is no fault of the command.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

runCli(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`turnpike: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)
