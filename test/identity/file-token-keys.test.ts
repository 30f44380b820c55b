import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileTokenKeys } from '../../src/identity/file-token-keys.ts'
import { rotateTokenKeys } from '../../src/identity/token-keys.ts'
import { generateKeyRing, rotate } from '../../src/vault/index.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'turnpike-token-keys-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('fileTokenKeys', () => {
  it('makes keys once, sealed, for its owner alone', async () => {
    const path = join(folder, 'new', 'token-keys.json')
    const ring = generateKeyRing()
    const file = fileTokenKeys(path)
    expect(await file.load(ring)).toBeNull()
    const [a, b] = await Promise.all([file.create(ring), file.create(ring)])
    const kept = await file.load(ring)
    expect(kept?.active.kid).toBe(a.active.kid)
    expect(b.active.kid).toBe(a.active.kid)
    expect((await stat(path)).mode & 0o777).toBe(0o600)
    const secret = JSON.parse(a.active.jwk.reveal()) as { d: string }
    expect(await readFile(path, 'utf8')).not.toContain(secret.d)
  })

  it('keeps a rotation, and opens after the ring was rotated', async () => {
    const ring = generateKeyRing()
    const file = fileTokenKeys(join(folder, 'token-keys.json'))
    const rotated = await rotateTokenKeys(await file.create(ring))
    await file.save(ring, rotated)
    expect((await file.load(rotate(ring)))?.active.kid).toBe(rotated.active.kid)
  })

  it('refuses a file that others may read, another ring, a changed or empty file, and leaves it alone', async () => {
    const path = join(folder, 'token-keys.json')
    const ring = generateKeyRing()
    const file = fileTokenKeys(path)
    await file.create(ring)
    const good = await readFile(path, 'utf8')
    await expect(file.load(generateKeyRing())).rejects.toThrow(/not in the key ring/)
    await chmod(path, 0o644)
    await expect(file.load(ring)).rejects.toThrow(/chmod 600/)
    await chmod(path, 0o600)
    const { kid, sealed } = JSON.parse(good) as { kid: string; sealed: string }
    await writeFile(path, JSON.stringify({ kid, sealed: `${sealed.startsWith('A') ? 'B' : 'A'}${sealed.slice(1)}` }))
    await expect(file.load(ring)).rejects.toThrow(/was changed/)
    await writeFile(path, '')
    await expect(file.load(ring)).rejects.toThrow(/holds no token keys/)
    expect(await readFile(path, 'utf8')).toBe('')
  })
})
