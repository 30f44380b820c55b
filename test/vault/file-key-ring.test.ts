import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileKeyRing, rotate } from '../../src/vault/index.ts'

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-ring-'))
  path = join(folder, 'ring.json')
})
afterEach(() => rm(folder, { recursive: true }))

describe('fileKeyRing', () => {
  it('has nothing before it is created', async () => {
    expect(await fileKeyRing(path).load()).toBeNull()
    expect(await readdir(folder)).toEqual([])
  })

  it('creates a file for its owner alone, with folders above, and reads it back', async () => {
    const deep = join(folder, 'a', 'b', 'ring.json')
    const ring = await fileKeyRing(deep).create()
    expect((await stat(deep)).mode & 0o777).toBe(0o600)
    expect((await stat(join(folder, 'a'))).mode & 0o777).toBe(0o700)
    const loaded = await fileKeyRing(deep).load()
    expect(loaded?.derive(ring.active, 'wrap').reveal()).toEqual(ring.derive(ring.active, 'wrap').reveal())
  })

  it('gives twenty creators at once the same ring', async () => {
    const rings = await Promise.all(Array.from({ length: 20 }, () => fileKeyRing(path).create()))
    expect(new Set(rings.map((ring) => ring.active)).size).toBe(1)
    expect(await readdir(folder)).toEqual(['ring.json'])
  })

  it('saves a rotated ring over the old one, still private, leaving no draft', async () => {
    const file = fileKeyRing(path)
    const rotated = rotate(await file.create())
    await file.save(rotated)
    expect((await file.load())?.kids).toEqual(rotated.kids)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['ring.json'])
  })

  it.each([0o640, 0o604, 0o660, 0o622])('refuses a file of mode %o and says the fix', async (mode) => {
    await fileKeyRing(path).create()
    await chmod(path, mode)
    await expect(fileKeyRing(path).load()).rejects.toThrow(`chmod 600 ${path}`)
    await expect(fileKeyRing(path).create()).rejects.toThrow(TypeError)
  })

  it('refuses a damaged file and leaves it as it was', async () => {
    for (const damaged of ['', '{"keys":[', 'x'.repeat(70_000)]) {
      await writeFile(path, damaged, { mode: 0o600 })
      await expect(fileKeyRing(path).load()).rejects.toThrow(RangeError)
      await expect(fileKeyRing(path).create()).rejects.toThrow(RangeError)
      expect(await readFile(path, 'utf8')).toBe(damaged)
    }
  })

  it('says when the path is no file', async () => {
    await expect(fileKeyRing(folder).load()).rejects.toThrow()
    await expect(fileKeyRing(join(path, 'x')).load()).resolves.toBeNull()
  })
})
