import { vi } from 'vitest'

/** What a command prints from now on, kept from the terminal. `vi.restoreAllMocks()` ends it. */
export function capturePrinted(): { out: string; err: string } {
  const printed = { out: '', err: '' }
  const keep = (stream: 'out' | 'err') => (text: string | Uint8Array) => {
    printed[stream] += String(text)
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(keep('out'))
  vi.spyOn(process.stderr, 'write').mockImplementation(keep('err'))
  return printed
}
