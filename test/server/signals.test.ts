import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, it } from 'vitest'
import { openSocket } from './raw-socket.ts'

const program = fileURLToPath(new URL('./fixtures/serve-until-signal.ts', import.meta.url))
const folders: string[] = []
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

/** A server in a process of its own. */
async function startProcess() {
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-signal-'))
  folders.push(folder)
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', program, folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  let output = ''
  const exited = new Promise<number | null>((done) => child.once('exit', done))
  const line = (pattern: RegExp) =>
    new Promise<string>((done) => {
      const look = () => {
        const found = pattern.exec(output)?.[0]
        if (found !== undefined) done(found)
      }
      child.stdout.on('data', look)
      look()
    })
  child.stdout.on('data', (chunk) => {
    output += String(chunk)
  })
  const url = await line(/http:\/\/127\.0\.0\.1:\d+/)
  return { child, folder, exited, line, url, output: () => output }
}

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s: the open request gets its answer, the log is signed, the process ends with 0',
  async (signal) => {
    const { child, folder, exited, line, url, output } = await startProcess()
    const busy = await openSocket(url)
    busy.write('POST /v1/slow HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer alice.acme\r\nContent-Length: 0\r\n\r\n')
    await line(/slow has begun/)
    child.kill(signal)
    expect(await busy.closed()).toMatch(/^HTTP\/1\.1 204 /)
    expect(await exited).toBe(0)
    expect(output()).toContain(`"signal":"${signal}"`)
    // The request's event is the last one that was signed.
    const checkpoints = readFileSync(join(folder, 'audit', 'checkpoints.ndjson'), 'utf8')
      .trim()
      .split('\n')
    expect(checkpoints.length).toBeGreaterThan(0)
  },
)

it('the access log holds no credential', async () => {
  const { child, exited, url, output } = await startProcess()
  await fetch(`${url}/v1/notes/none?token=s3cret-in-query`, { headers: { authorization: 'Bearer S3CRET-IN-HEADER' } })
  child.kill('SIGTERM')
  await exited
  expect(output()).toContain('"msg":"request"')
  expect(output()).not.toMatch(/s3cret/i)
})
