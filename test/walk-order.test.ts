import { randomUUID } from 'node:crypto'
import { all, api, endpoint, owns, plain, role } from 'turnpike'
import { beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { WalkRecord } from '../src/audit/walk-log.ts'
import { Refusal } from '../src/base/refusal.ts'
import { CHECKS, type Checks } from '../src/checks.ts'
import { createGate, type GateSettings } from '../src/gate.ts'
import { serveRequest } from '../src/pipeline.ts'
import type { StepName } from '../src/walk/walk.ts'
import { folders, foldersTable, notes, notesTable } from './support/small-api.ts'
import { smallGate } from './support/small-gate.ts'

type Name = Exclude<keyof Checks, 'outbound'>

/** Every check of a request on its way to the handler, in the order of the walk, with the step that it belongs to. */
const BEFORE_THE_HANDLER: readonly (readonly [check: Name, step: StepName])[] = [
  ['addressBucket', 'transport'],
  ['lifecycle', 'inventory'],
  ['acceptable', 'inventory'],
  ['origin', 'origin'],
  ['verify', 'identity'],
  ['standing', 'budget'],
  ['budget', 'budget'],
  ['functionAccess', 'function'],
  ['bodySize', 'input'],
  ['jsonDepth', 'input'],
  ['schema', 'input'],
  ['writableFields', 'input'],
  ['inputBudget', 'input'],
  ['replay', 'replay'],
  ['tenantWall', 'object'],
  ['parentLink', 'object'],
  ['objectAccess', 'object'],
  ['referenceAccess', 'object'],
  ['flowStepUp', 'flow'],
  ['flowOrder', 'flow'],
  ['flowOnce', 'flow'],
  ['flowQuota', 'flow'],
  ['concurrency', 'handle'],
  ['deadline', 'handle'],
]
const AFTER_THE_HANDLER: readonly Name[] = ['replyRows', 'reader', 'projection']
/** No body byte is read before it is known that the caller may call. */
const BODY_IS_READ_AFTER: Name = 'functionAccess'

let handled = 0
const first = endpoint('POST /v1/folders/:folder/notes/:note/first', {
  summary: 'The step before',
  params: { folder: folders, note: notes.within('folder') },
  body: z.strictObject({}),
  access: owns('note'),
  limit: '100/minute',
  reply: plain(z.strictObject({ ok: z.boolean() }), 'nothing of anybody'),
  handle: () => ({ ok: true }),
})
/** One endpoint on which every check has something to say. */
const everything = endpoint('POST /v1/folders/:folder/notes/:note/everything', {
  summary: 'Everything at once',
  params: { folder: folders, note: notes.within('folder') },
  body: z.strictObject({ other: notes.ref, subject: z.string().max(20) }),
  access: all(owns('folder'), owns('note')),
  limit: { rate: '100/minute', by: [{ key: { from: 'body', name: 'subject' }, rate: '100/minute' }] },
  idempotency: 'required',
  lifecycle: { deprecated: new Date('2025-01-01'), link: 'https://example.com/next' },
  flow: { once: true, perPrincipal: '10/day', stepUp: role('trusted'), after: first },
  reply: notes.view,
  handle: ({ note }) => {
    handled += 1
    return note
  },
})
const served = api({ title: 'Everything', endpoints: [first, everything] })

/** Runs the request with every check noting its name; `refusing` refuses when its turn comes. */
async function walk(refusing: Name | null) {
  const called: string[] = []
  const records: WalkRecord[] = []
  let bytesRead = false
  let armed = false
  const noting = Object.fromEntries(
    Object.entries(CHECKS).map(([name, check]) => [
      name,
      typeof check !== 'function'
        ? check
        : (...given: unknown[]) => {
            called.push(name)
            if (armed && name === refusing) throw new Refusal('forbidden', { detail: `${name} says no` })
            return Reflect.apply(check, CHECKS, given)
          },
    ]),
  ) as unknown as Checks
  const walks = {
    write: (record: WalkRecord) => void records.push(record),
    flush: async () => {},
    close: async () => {},
  }
  const { gate, call, audit } = await smallGate(noting, { walks, environment: 'development' }, served)
  const path = plant()
  await call(`POST ${path}/first`, { as: 'alice.acme.trusted', body: {} })
  called.length = 0
  handled = 0
  armed = true
  const body = Buffer.from(JSON.stringify({ other: [...notesTable.keys()][0], subject: 'x' }))
  const headers = {
    host: 'localhost',
    authorization: 'Bearer alice.acme.trusted',
    'content-type': 'application/json',
    'content-length': String(body.length),
    'idempotency-key': randomUUID(),
  }
  const reply = await serveRequest(
    {
      method: 'POST',
      rawTarget: `${path}/everything`,
      rawHeaders: Object.entries(headers).flat(),
      httpVersion: '1.1',
      peer: '127.0.0.1',
      tls: false,
      body: (async function* () {
        bytesRead = true
        yield body
      })(),
    },
    gate,
  )
  return {
    reply,
    called,
    bytesRead,
    record: records.at(-1) as WalkRecord,
    refusals: audit.events.filter(({ type }) => type === 'request.refused'),
  }
}

function plant(): string {
  const folder = { id: randomUUID(), ownerId: 'alice', tenantId: 'acme' }
  const note = {
    id: randomUUID(),
    ownerId: 'alice',
    tenantId: 'acme',
    folderId: folder.id,
    text: 'hello',
    phone: '555123456',
    score: 1,
  }
  foldersTable.set(folder.id, folder)
  notesTable.set(note.id, note)
  return `/v1/folders/${folder.id}/notes/${note.id}`
}

beforeEach(() => {
  notesTable.clear()
  foldersTable.clear()
})

/** The first time that each name was called: some checks are asked for several parts of one request. */
const order = (called: readonly string[]) => [...new Set(called)]

describe('the order of the walk', () => {
  it('asks every check once its arguments are there, in this order, then the handler, then what goes out', async () => {
    const { reply, called, record } = await walk(null)
    expect([reply.status, reply.body]).toEqual([200, expect.stringContaining('hello')])
    expect(order(called)).toEqual([
      ...BEFORE_THE_HANDLER.map(([check]) => check),
      ...AFTER_THE_HANDLER,
      'securityHeaders',
    ])
    expect(handled).toBe(1)
    expect(record.steps.map(({ step }) => step)).toEqual([
      'transport',
      'inventory',
      'origin',
      'identity',
      'budget',
      'function',
      'input',
      'replay',
      'object',
      'flow',
      'handle',
      'reply',
    ])
  })

  it('knows every check there is', () => {
    const elsewhere = ['signedBody', 'takeDelivery', 'outbound', 'problem', 'securityHeaders']
    expect([...BEFORE_THE_HANDLER.map(([check]) => check), ...AFTER_THE_HANDLER, ...elsewhere].sort()).toEqual(
      Object.keys(CHECKS).sort(),
    )
  })
})

describe('a step that refuses', () => {
  it.each(BEFORE_THE_HANDLER)(
    '%s: nothing after it runs, least of all the handler; the record names the step "%s"',
    async (check, step) => {
      const { reply, called, bytesRead, record, refusals } = await walk(check)
      const names = BEFORE_THE_HANDLER.map(([name]) => name)
      expect(reply.status).toBe(403)
      expect(handled).toBe(0)
      expect(order(called)).toEqual([...names.slice(0, names.indexOf(check) + 1), 'problem', 'securityHeaders'])
      expect(record.steps.at(-1)?.step).toBe(step)
      expect(refusals.at(-1)).toMatchObject({ detail: `${check} says no`, facts: { step } })
      if (names.indexOf(check) <= names.indexOf(BODY_IS_READ_AFTER)) expect(bytesRead).toBe(false)
    },
  )

  it.each(AFTER_THE_HANDLER)('%s: what the handler gave does not leave', async (check) => {
    const { reply, record } = await walk(check)
    expect([reply.status, handled]).toEqual([403, 1])
    expect(reply.body).not.toContain('hello')
    expect(record.steps.at(-1)?.step).toBe('reply')
  })
})

describe('the record of checks', () => {
  it('is frozen, and no setting replaces a member', async () => {
    expect([Object.isFrozen(CHECKS), Object.isFrozen(CHECKS.outbound)]).toEqual([true, true])
    await expect(createGate(served, { checks: {} } as unknown as GateSettings)).rejects.toThrow(
      'unknown setting "checks"',
    )
  })

  it('cannot be changed through a gate', async () => {
    const { gate } = await smallGate({}, {}, served)
    expect([Object.isFrozen(gate), Object.isFrozen(gate.checks)]).toEqual([true, true])
    expect(() => Object.assign(gate, { checks: {} })).toThrow(TypeError)
    expect(() => Object.assign(gate.checks, { objectAccess: () => {} })).toThrow(TypeError)
  })
})
