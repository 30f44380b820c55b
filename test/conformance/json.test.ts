import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Refusal } from '../../src/base/refusal.ts'
import { parseStrictJson } from '../../src/guards/strict-json.ts'

const vectors = process.env.VECTORS
const folder = join(vectors ?? '', 'json-test-suite', 'test_parsing')
const files = vectors ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []
const bytesOf = (name: string) => new Uint8Array(readFileSync(join(folder, name)))

/** Valid JSON that is refused all the same, and why. */
const STRICTER = new Map([
  ['y_object_duplicated_key.json', 'repeated keys: two parsers may take different ones'],
  ['y_object_duplicated_key_and_value.json', 'repeated keys: two parsers may take different ones'],
  ['y_object_escaped_null_in_key.json', 'U+0000: databases refuse it or cut the text there'],
  ['y_string_null_escape.json', 'U+0000: databases refuse it or cut the text there'],
])

function outcome(bytes: Uint8Array): { readonly value: unknown } | { readonly refused: string } {
  try {
    return { value: parseStrictJson(bytes, { maxDepth: 64 }) }
  } catch (error) {
    expect(error).toBeInstanceOf(Refusal)
    expect((error as Refusal).code).toBe('bad_json')
    return { refused: (error as Refusal).detail }
  }
}

describe.skipIf(!vectors)(`JSONTestSuite${vectors ? '' : ' (skipped: VECTORS is not set)'}`, () => {
  it('is there', () => {
    expect(files.length).toBeGreaterThan(300)
    for (const name of STRICTER.keys()) expect(files).toContain(name)
  })
  it.each(files.filter((name) => name.startsWith('y_') && !STRICTER.has(name)))('accepts %s', (name) => {
    const bytes = bytesOf(name)
    expect(outcome(bytes)).toEqual({ value: JSON.parse(new TextDecoder().decode(bytes)) })
  })
  it.each([...STRICTER])('refuses %s: %s', (name) => {
    expect(outcome(bytesOf(name))).toEqual({
      refused: expect.stringMatching(/^(?:a repeated key|the character U\+0000)$/),
    })
  })
  it.each(files.filter((name) => name.startsWith('n_')))('refuses %s', (name) => {
    expect(outcome(bytesOf(name))).toHaveProperty('refused')
  })
  it.each(files.filter((name) => name.startsWith('i_')))('reads %s as JSON.parse does, or refuses it', (name) => {
    const bytes = bytesOf(name)
    const result = outcome(bytes)
    if ('value' in result)
      expect(result.value).toEqual(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)))
  })
})
