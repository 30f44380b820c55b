import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { anyone, api, endpoint, nothing, Refusal } from 'turnpike'
import { afterEach, describe, expect, it } from 'vitest'
import { createHandler, openKeyRing, type ServeOptions, StartupError, serve } from '../../src/server/index.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { generateKeyRing } from '../../src/vault/index.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { behaviour, notesApi } from './notes-api.ts'
import { ALICE, start } from './running.ts'

const folders: string[] = []
function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'turnpike-server-'))
  folders.push(folder)
  return folder
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const failure = async (start: Promise<unknown>): Promise<StartupError> => {
  const error = await start.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof StartupError)) throw error ?? new Error('it started')
  return error
}

describe('wrong settings', () => {
  it('are told all at once, with those of the gate and the contract, and nothing is written', async () => {
    const folder = newFolder()
    const bad = api({
      title: 'Bad',
      endpoints: [
        endpoint('GET /v1/a', {
          summary: 'A',
          access: anyone(''),
          limit: '1/minute',
          reply: nothing,
          flow: { minimumSeconds: 3 },
          handle: () => {},
        }),
      ],
    })
    const error = await failure(
      serve(bad, {
        state: memoryState(),
        identity: fakeIdentity,
        environment: 'test',
        folder,
        port: 70_000,
        adapter: 'express' as never,
        logLevel: 'loud' as never,
        shutdownSeconds: -1,
        prot: 1,
        http: {
          headersTimeoutMilliseconds: 5000,
          requestTimeoutMilliseconds: 1000,
          connectionTimeoutMilliseconds: 1000,
          maxHeaders: 3,
        },
        loadShed: { maxOpenRequests: 0 },
        tls: { key: '', cert: '', requireClientCertificate: true, minVersion: 'TLSv1' },
        origins: ['*'],
      } as unknown as ServeOptions),
    )
    for (const part of [
      'unknown setting "prot"; serve takes state',
      'port is 70000',
      'shutdownSeconds is -1',
      'adapter is "express"',
      'logLevel is "loud"',
      'unknown setting "http.maxHeaders"',
      'http.headersTimeoutMilliseconds is 5000',
      'http.connectionTimeoutMilliseconds is 1000',
      'loadShed.maxOpenRequests is 0',
      'tls needs a key and a cert',
      'tls.minVersion is "TLSv1"',
      'tls.requireClientCertificate needs tls.ca',
      'no exact origin',
      'flow.minimumSeconds needs flow.after',
    ]) {
      expect(error.message).toContain(part)
    }
    expect(error.message).not.toContain('"audit"')
    expect(readdirSync(folder)).toEqual([])
  })

  it('a missing state is told, not tripped over', async () => {
    const error = await failure(
      serve(notesApi, { identity: fakeIdentity, environment: 'test' } as unknown as ServeOptions),
    )
    expect(error.faults).toEqual(['the setting "state" is missing'])
  })

  it('a handler takes no setting of a server', async () => {
    const error = await failure(
      createHandler(notesApi, { state: memoryState(), identity: fakeIdentity, environment: 'test', port: 1 } as never),
    )
    expect(error.message).toContain('unknown setting "port"; createHandler takes')
  })

  it('lasting state without a place for its keys is refused', async () => {
    const lasting = { ...memoryState(), describe: { kind: 'postgres', durable: true, rowSecurity: true } as const }
    const error = await failure(serve(notesApi, { state: lasting, identity: fakeIdentity, environment: 'test' }))
    expect(error.faults).toEqual([
      expect.stringContaining('neither keys nor folder'),
      expect.stringContaining('node is not set'),
    ])
  })

  it('memory in production is refused', async () => {
    const error = await failure(serve(notesApi, { state: memoryState(), identity: fakeIdentity }))
    expect(error.findings.map(({ rule }) => rule)).toContain('settings-store')
  })
})

describe('the data folder', () => {
  it('gets a ring, checkpoints and walks of its owner alone, and the same ring again', async () => {
    const folder = newFolder()
    const state = memoryState()
    const first = await start({ state, folder })
    await fetch(`${first.running.url}/v1/nothing`)
    await first.running.close()
    const kept = readFileSync(join(folder, 'keys.json'), 'utf8')
    for (const name of ['keys.json', 'walks.ndjson', join('audit', 'checkpoints.ndjson')])
      expect(statSync(join(folder, name)).mode & 0o077).toBe(0)
    expect(readFileSync(join(folder, 'walks.ndjson'), 'utf8')).toContain('/v1/nothing')
    // The last checkpoint vouches for the last record.
    const records = await state.audit.read('main', 0, 1000)
    const checkpoint = JSON.parse(
      readFileSync(join(folder, 'audit', 'checkpoints.ndjson'), 'utf8')
        .trim()
        .split('\n')
        .at(-1) as string,
    )
    expect([checkpoint.seq, checkpoint.hash]).toEqual([records.at(-1)?.seq, records.at(-1)?.hash])
    const second = await start({ state, folder })
    await second.close()
    expect(readFileSync(join(folder, 'keys.json'), 'utf8')).toBe(kept)
  })

  it('is taken from the state when that has one', async () => {
    const folder = newFolder()
    const server = await start({ state: { ...memoryState(), folder } as never })
    await server.close()
    expect(existsSync(join(folder, 'keys.json'))).toBe(true)
  })

  it('never gets a new ring over existing data', async () => {
    const folder = newFolder()
    const state = memoryState()
    const first = await start({ state, folder })
    await fetch(`${first.running.url}/v1/nothing`)
    await first.running.close()
    rmSync(join(folder, 'keys.json'))
    await expect(start({ state, folder })).rejects.toThrow(/keys\.json is missing.*backup.*none was made/)
    expect(existsSync(join(folder, 'keys.json'))).toBe(false)
    // Sealed data alone is reason enough.
    const sealed = memoryState()
    await sealed.dataKeys.insertIfAbsent({ subject: 'alice', kid: 'k', wrapped: 'w' })
    await expect(openKeyRing(newFolder(), sealed)).rejects.toThrow('would open nothing')
  })

  it('is not needed where keys come from elsewhere', async () => {
    const server = await start({ keys: generateKeyRing() })
    await server.close()
  })
})

it('ownsState closes the state with the server', async () => {
  const state = memoryState()
  const server = await start({ state, ownsState: true })
  await server.running.close()
  await expect(state.ping()).rejects.toThrow()
})

it('counts refusals by code and requests by endpoint, with few labels', async () => {
  const server = await start()
  const { url } = server.running
  behaviour.slow = async () => {
    throw new Refusal('conflict')
  }
  for (const path of ['/v1/slow', '/x/1', '/x/2', '/x/3']) await fetch(url + path)
  behaviour.slow = async () => {}
  await fetch(`${url}/v1/echo`, { method: 'POST', headers: { authorization: ALICE } })
  const text = await (
    await fetch(`${url}/metrics`, { headers: { authorization: 'Bearer key-scraper.acme.metrics~read' } })
  ).text()
  expect(text).toContain('turnpike_refusals_total{code="conflict"} 1')
  expect(text).toContain('turnpike_refusals_total{code="not_found"} 3')
  expect(text).toContain('turnpike_request_duration_seconds_count{endpoint="GET /v1/slow",status="4xx"} 1')
  expect(text).toContain('turnpike_request_duration_seconds_count{endpoint="none",status="4xx"} 3')
  expect(text).not.toContain('/x/')
  expect(text).toContain('process_cpu_seconds_total')
  await server.close()
})
