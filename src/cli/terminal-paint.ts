import pc from 'picocolors'
import type { ReviewFormat } from '../contract/review/review.ts'

/** Colours for the terminal; null where the output is none (a pipe, a file, NO_COLOR). */
export function terminalPaint(): NonNullable<ReviewFormat['paint']> | null {
  if (!process.stdout.isTTY || !pc.isColorSupported) return null
  return (kind, text) => COLOURS[kind](text)
}

const COLOURS = { error: pc.red, warning: pc.yellow, info: pc.blue, held: pc.green, dim: pc.dim, title: pc.bold }
