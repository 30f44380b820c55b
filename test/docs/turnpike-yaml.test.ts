import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { configSchema } from '../../src/prover/plan/config-schema.ts'
import { readConfig } from '../../src/prover/plan/read-config.ts'

const DOCS = new URL('../../docs/', import.meta.url)
const blocksOf = (page: string) =>
  [...readFileSync(new URL(page, DOCS), 'utf8').matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(
    ([, text]) => text as string,
  )
const everyVariable = new Proxy({}, { get: (_, name) => `value of ${String(name)}`, has: () => true })

const pages = ['prove.md', 'reading-a-finding.md', 'find-a-hole.md']

describe('turnpike.yaml in the docs', () => {
  it.each(pages.flatMap((page) => blocksOf(page).map((text, index) => [`${page} ${index + 1}`, text] as const)))(
    '%s can be read',
    (name, text) => {
      expect(() => readConfig(text, name, everyVariable)).not.toThrow()
    },
  )

  it('docs/prove.md shows every key that there is', () => {
    const [reference = ''] = blocksOf('prove.md')
    const keys = keysIn(z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }))
    expect(keys.size).toBeGreaterThan(30)
    expect([...keys].filter((key) => !new RegExp(`\\b${key}:`).test(reference))).toEqual([])
  })
})

/** Names of properties, at any depth. */
function keysIn(schema: unknown, found = new Set<string>()): Set<string> {
  if (typeof schema !== 'object' || schema === null) return found
  for (const [key, value] of Object.entries(schema)) {
    if (key === 'properties') for (const name of Object.keys(value as object)) found.add(name)
    keysIn(value, found)
  }
  return found
}
