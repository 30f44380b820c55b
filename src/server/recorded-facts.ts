import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Surroundings } from '../contract/review/surroundings.ts'

const NAME = 'facts.json'

/** What a server really ran with: no secrets, no addresses of people. */
const factsSchema = z.strictObject({
  recordedAt: z.iso.datetime(),
  /** Of the API that was served. */
  title: z.string(),
  settings: z.strictObject({
    production: z.boolean(),
    plainHttp: z.boolean(),
    hosts: z.union([z.literal('any'), z.array(z.string())]),
    store: z.enum(['memory', 'embedded', 'postgres']),
    lastingKeys: z.boolean(),
    xssFilter: z.boolean().exactOptional(),
  }),
  layers: z.strictObject({ rowSecurity: z.boolean() }),
  identity: z.strictObject({
    credentials: z.array(z.string()),
    passwords: z.string().nullable(),
    tokenGaps: z.array(z.string()),
    lacks: z.array(z.string()),
    controls: z.record(z.string(), z.string()).exactOptional(),
    tokens: z.strictObject({ algorithms: z.array(z.string()), lifetimeSeconds: z.number() }).exactOptional(),
  }),
  callers: z.strictObject({ origins: z.array(z.string()), trustedProxies: z.array(z.string()) }).exactOptional(),
})

export type RecordedFacts = z.output<typeof factsSchema>

/** Whose scripts may call, and which peers may say where a request is from. */
export type CallerFacts = NonNullable<RecordedFacts['callers']>

/** Records the facts of this start in the data folder, so that `turnpike review` judges what runs and not what is meant to. */
export async function recordFacts(
  folder: string,
  title: string,
  { settings, layers, identity }: Surroundings,
  callers: CallerFacts,
  at: Date,
): Promise<void> {
  const facts = factsSchema.parse({ recordedAt: at.toISOString(), title, settings, layers, identity, callers })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, NAME)
  await writeFile(`${path}.new`, `${JSON.stringify(facts, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}

/** @returns Null where no server has started on this folder, or the file is not ours. */
export async function readFacts(folder: string): Promise<RecordedFacts | null> {
  const text = await readFile(join(folder, NAME), 'utf8').catch(() => null)
  if (text === null) return null
  try {
    return parseFacts(JSON.parse(text))
  } catch {
    return null
  }
}

/** @returns Null for what is no record of facts. */
export const parseFacts = (value: unknown): RecordedFacts | null => factsSchema.safeParse(value).data ?? null
