import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createHandler, type MountedHandler } from '../../src/server/index.ts'
import { memoryState } from '../../src/stores/memory.ts'
import { fakeIdentity } from '../support/fake-identity.ts'
import { notesApi } from './notes-api.ts'
import { exchange, problemOf } from './raw-socket.ts'
import { ALICE, type LogLine, membersOf, rememberingLog } from './running.ts'

const state = memoryState()
let mounted: MountedHandler
let lines: readonly LogLine[]
let server: Server
let url = ''

beforeAll(async () => {
  const remembering = rememberingLog()
  lines = remembering.lines
  mounted = await createHandler(notesApi, { state, identity: fakeIdentity, environment: 'test', log: remembering.log })
  const app: Express = express()
  app.use('/before', (_request, response) => void response.send('express'))
  app.use((_request, response, next) => {
    response.setHeader('access-control-allow-origin', '*')
    response.setHeader('x-trace', 'kept')
    next()
  })
  app.use('/parsed', express.json(), mounted.handler)
  app.use(mounted.handler)
  server = createServer(app)
  await new Promise<void>((done) => void server.listen(0, '127.0.0.1', done))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((done) => server.close(done))
  await mounted.close()
  await state.close()
})

const post = (path: string) =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: ALICE, 'content-type': 'application/json' },
    body: '{"text":"hey"}',
  })

describe('mounted in Express 5', () => {
  it('serves the contract; the rest of the application is untouched', async () => {
    expect(await (await post('/v1/echo')).json()).toEqual({ text: 'hey' })
    expect(await (await fetch(`${url}/before`)).text()).toBe('express')
  })

  it('sends neither the name of the framework nor what another CORS policy allows', async () => {
    const { headers } = await fetch(`${url}/health`)
    expect([headers.get('x-powered-by'), headers.get('access-control-allow-origin'), headers.get('x-trace')]).toEqual([
      null,
      null,
      'kept',
    ])
  })

  it.each(['//health', '/v1/%2e%2e/health', '/./health', '/health/', '/health;x', '/%68ealth', '/\\health'])(
    'sees the original target %s and refuses it',
    async (target) => {
      const text = await exchange(url, `GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)
      expect(problemOf(text)).toMatchObject({ status: 400, code: 'bad_path' })
    },
  )

  it('a mount path is not cut off: the policy sees what the client sent', async () => {
    const response = await fetch(`${url}/parsed/health`)
    expect([response.status, (await membersOf(response)).code]).toEqual([404, 'not_found'])
  })

  it('a body that a parser has eaten is a clear error in the log, and tells the client nothing', async () => {
    const response = await post('/parsed/v1/echo')
    const problem = await membersOf(response)
    expect([response.status, problem.code]).toEqual([500, 'internal'])
    expect(JSON.stringify(problem)).not.toContain('express')
    const line = lines.find(({ facts }) => facts.requestId === problem.requestId)
    expect([line?.level, line?.facts.error]).toEqual([
      'error',
      expect.stringContaining('mount Turnpike before express.json()'),
    ])
  })

  it('after it is closed, it waits for nothing', async () => {
    const other = memoryState()
    const second = await createHandler(notesApi, {
      state: other,
      identity: fakeIdentity,
      environment: 'test',
      ownsState: true,
    })
    await Promise.all([second.close(), second.close()])
    await expect(other.ping()).rejects.toThrow()
  })
})
