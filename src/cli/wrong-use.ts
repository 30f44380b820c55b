import { visibleLines } from '../prover/report/visible.ts'

/** The command was called with something it cannot use. The message goes to the terminal; exit code 2. */
export class WrongUse extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options)
    this.name = 'WrongUse'
  }
}

/** Prints the message of a wrong use, which may quote a document or an answer. @returns The exit code 2. @throws Anything else, as it is. */
export function wrongUse(error: unknown): number {
  if (!(error instanceof WrongUse)) throw error
  process.stderr.write(`turnpike: ${visibleLines(error.message)}\n`)
  return 2
}
