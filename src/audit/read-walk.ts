import { open } from 'node:fs/promises'
import { z } from 'zod'
import { olderGeneration } from './walk-log.ts'

const MAX_BYTES = 64 * 1024 * 1024

const walk = z.object({
  requestId: z.string(),
  at: z.iso.datetime(),
  method: z.string(),
  path: z.string(),
  addressKey: z.string(),
  principal: z.string(),
  endpoint: z.string().nullable(),
  status: z.number(),
  code: z.string().nullable(),
  detail: z.string().nullable(),
  steps: z.array(z.object({ step: z.string(), established: z.string(), milliseconds: z.number() })),
})

/** A walk as it stands in the file. */
export type WrittenWalk = Readonly<z.infer<typeof walk>>

/** Finds the newest walk of a request in both generations; null when there is none. Only reads, while a server may be writing. */
export async function readWalk(path: string, requestId: string): Promise<WrittenWalk | null> {
  for (const generation of [path, olderGeneration(path)]) {
    const lines = (await readText(generation)).split('\n')
    const found = lines.findLast((line) => line.includes(requestId) && parse(line)?.requestId === requestId)
    if (found !== undefined) return parse(found)
  }
  return null
}

async function readText(path: string): Promise<string> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!file) return ''
  try {
    const { size } = await file.stat()
    if (size > MAX_BYTES) throw new RangeError(`${path} has ${size} bytes; a walk log never needs over ${MAX_BYTES}`)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Null for a line that is cut, or no walk. */
function parse(line: string): WrittenWalk | null {
  try {
    const read = walk.safeParse(JSON.parse(line))
    return read.success ? read.data : null
  } catch {
    return null
  }
}
