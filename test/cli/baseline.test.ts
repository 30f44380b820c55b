import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { readBaseline } from '../../src/cli/prove/report-run.ts'
import { EMPTY_BASELINE } from '../../src/prover/report/baseline.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-baseline-'))
})
afterAll(() => rm(folder, { recursive: true }))

it('is empty where there is none', async () => {
  expect(await readBaseline(join(folder, 'none.json'))).toEqual(EMPTY_BASELINE)
})

it('that cannot be read is refused: what is known would be written over', async () => {
  await expect(readBaseline(folder)).rejects.toThrow(/cannot be read \(EISDIR\)/)
})

it('that is none is refused, and stays as it is', async () => {
  const path = join(folder, 'broken.json')
  await writeFile(path, '{"version":1')
  await expect(readBaseline(path)).rejects.toThrow(path)
  expect(await readFile(path, 'utf8')).toBe('{"version":1')
})
