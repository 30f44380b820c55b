import { z } from 'zod'

const line = z.strictObject({
  node: z.string().min(1),
  /** 0 for the genesis: the node has begun a chain. */
  seq: z.int().min(0),
  hash: z.string().min(1),
  at: z.iso.datetime(),
  kid: z.string().min(1),
  signature: z.string().min(1),
})

/** "Node N's chain had this hash at record `seq` at this time", signed. */
export type Checkpoint = Readonly<z.infer<typeof line>>

/** What is signed. JSON, so that no two checkpoints have one text; the first words keep the key's signatures apart from other uses. */
export function checkpointText({ node, seq, hash, at }: Omit<Checkpoint, 'kid' | 'signature'>): string {
  return `turnpike audit checkpoint 1\n${JSON.stringify([node, seq, hash, at])}`
}

/** Reads checkpoint lines, oldest first. A last line without its line feed was torn by a crash and counts as never written. */
export function parseCheckpoints(text: string): {
  readonly checkpoints: readonly Checkpoint[]
  readonly damaged: readonly number[]
} {
  const checkpoints: Checkpoint[] = []
  const damaged: number[] = []
  for (const [index, written] of text.split('\n').slice(0, -1).entries()) {
    const checkpoint = parseLine(written)
    if (checkpoint) checkpoints.push(checkpoint)
    else damaged.push(index + 1)
  }
  return { checkpoints, damaged }
}

function parseLine(written: string): Checkpoint | null {
  try {
    const read = line.safeParse(JSON.parse(written))
    return read.success ? read.data : null
  } catch {
    return null
  }
}
