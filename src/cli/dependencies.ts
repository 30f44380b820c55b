import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Surroundings } from '../contract/review/review.ts'

type Dependencies = NonNullable<Surroundings['dependencies']>
type Json = Readonly<Record<string, unknown>>

/** What a project's package.json and package-lock.json say. Undefined where there is no package.json. */
export async function readDependencies(folder: string, audit: boolean): Promise<Dependencies | undefined> {
  const manifest = await readJson(join(folder, 'package.json'))
  if (manifest === null) return undefined
  const lock = await readJson(join(folder, 'package-lock.json'))
  const direct = Object.values({ ...object(manifest.dependencies), ...object(manifest.optionalDependencies) })
  const locked = Object.entries(object(lock?.packages)).filter(
    ([path, each]) => path !== '' && object(each).link !== true,
  )
  return {
    lockFile: lock !== null,
    exact: direct.every((range) => typeof range === 'string' && /^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range)),
    // A package inside another's tarball is covered by that one's hash.
    integrity: locked.every(([, each]) => object(each).integrity !== undefined || object(each).inBundle === true),
    audit: audit ? await askRegistry(folder) : 'not asked',
  }
}

/** `npm audit`: an answer that is none, or that names an error, is `unavailable`, never `clean`. */
async function askRegistry(folder: string): Promise<Dependencies['audit']> {
  const output = await new Promise<string>((done) => {
    execFile(
      'npm',
      ['audit', '--json', '--omit=dev'],
      { cwd: folder, timeout: 60_000, maxBuffer: 50_000_000 },
      (_error, stdout) => done(stdout),
    )
  })
  return readAudit(output)
}

export function readAudit(output: string): Dependencies['audit'] {
  const report = parse(output)
  const total = object(object(report?.metadata).vulnerabilities).total
  if (report === null || report.error !== undefined || typeof total !== 'number') return 'unavailable'
  return total === 0 ? 'clean' : 'vulnerable'
}

async function readJson(path: string): Promise<Json | null> {
  return parse(await readFile(path, 'utf8').catch(() => ''))
}

function parse(text: string): Json | null {
  try {
    return object(JSON.parse(text))
  } catch {
    return null
  }
}

const object = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {})
