#!/usr/bin/env node
import { runCli } from './program.ts'

runCli(process.argv.slice(2)).then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    process.stderr.write(`turnpike: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 2
  },
)
