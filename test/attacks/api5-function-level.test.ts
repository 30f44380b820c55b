import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decideFunction } from '../../src/contract/decide.ts'
import type { Endpoint } from '../../src/contract/endpoint.ts'
import { api5, principalOf } from './attacks/api5.ts'
import { closeDatabase, MAIN, startTarget, type Target } from './harness.ts'
import type { Answer } from './http-client.ts'
import { OPERATIONS } from './operations.ts'
import { type Caller, GLOBEX, NOBODY, type Person } from './people.ts'
import { describeAttacks } from './suite.ts'

/** Nobody, the owner of the objects, his neighbour, somebody of another tenant, an admin, and the owner's two API keys. */
const CALLERS = ['nobody', 'owner', 'neighbour', 'stranger', 'admin', 'read key', 'write key'] as const
type Name = (typeof CALLERS)[number]

interface Cast {
  readonly owner: Person
  readonly callers: Readonly<Record<Name, Caller>>
}

/** After these, a session or a person is gone: their callers are used once. */
const USES_UP = ['POST /api/v1/auth/logout', 'POST /api/v1/auth/logout-everywhere', 'DELETE /api/v1/users/:user']

async function cast(target: Target): Promise<Cast> {
  const owner = await target.person()
  const key = async (scopes: readonly string[]): Promise<Caller> => {
    const made = await target.call('POST /api/v1/api-keys', { as: owner, body: { name: 'cast', scopes } })
    return { ...owner, kind: 'client', roles: [], scopes, credential: async () => made.json.key }
  }
  return {
    owner,
    callers: {
      nobody: NOBODY,
      owner,
      neighbour: await target.person(),
      stranger: await target.person({ tenantId: GLOBEX }),
      admin: await target.person({ roles: ['admin'] }),
      'read key': await key(['invoices:read']),
      'write key': await key(['invoices:read', 'invoices:write']),
    },
  }
}

/** What the contract says of a caller, before any object is looked at. */
function saidBy(endpoint: Endpoint, caller: Caller, now: number): 'yes' | 'no' | 'object' {
  const { data } = endpoint.access
  const open = data.kind === 'anyone'
  const verdict = decideFunction(data.kind === 'reads' ? readRuleOf(endpoint) : data, principalOf(caller), now)
  if (caller.kind !== 'client' || open) return verdict
  return endpoint.clients !== null && caller.scopes.includes(endpoint.clients) ? verdict : 'no'
}

/** Who may read an object is the resource's to say. */
function readRuleOf({ params }: Endpoint) {
  const [resource] = params.flatMap((param) => param.resource ?? [])
  if (!resource) throw new TypeError('a rule about reading, without a resource')
  return resource.read.data
}

async function walkMatrix(target: Target): Promise<ReadonlyMap<string, Readonly<Record<Name, Answer>>>> {
  const matrix = new Map<string, Readonly<Record<Name, Answer>>>()
  const shared = await cast(target)
  for (const endpoint of target.api.endpoints) {
    const prepare = OPERATIONS[endpoint.id]
    if (!prepare) continue
    const { owner, callers } = USES_UP.includes(endpoint.id) ? await cast(target) : shared
    const row: Partial<Record<Name, Answer>> = {}
    // The owner comes last: he may remove himself. The admin removes somebody else.
    for (const name of ['nobody', 'neighbour', 'stranger', 'read key', 'write key', 'admin', 'owner'] as const) {
      const whose = name === 'admin' && endpoint.id === 'DELETE /api/v1/users/:user' ? await target.person() : owner
      const { path, options } = await prepare(target, whose)
      row[name] = await target.call(`${endpoint.method} ${path}`, { ...options, as: callers[name] })
    }
    matrix.set(endpoint.id, row as Record<Name, Answer>)
  }
  return matrix
}

describe('API5 function level: each role × each operation, by the contract itself', () => {
  let target: Target
  let matrix: Awaited<ReturnType<typeof walkMatrix>>
  beforeAll(async () => {
    target = await startTarget(MAIN)
    matrix = await walkMatrix(target)
  }, 120_000)
  afterAll(() => target?.close())

  it('knows every operation of the contract', () => {
    expect(target.api.endpoints.map(({ id }) => id).filter((id) => !Object.hasOwn(OPERATIONS, id))).toEqual([])
    expect([...matrix.keys()].sort()).toEqual(Object.keys(OPERATIONS).sort())
  })

  it('79 whoever the contract refuses is refused before his body is read, and whoever it admits is not', () => {
    const wrong: string[] = []
    for (const endpoint of target.api.endpoints) {
      for (const name of CALLERS) {
        const answer = matrix.get(endpoint.id)?.[name] as Answer
        const said = saidBy(endpoint, callerOf(name), target.clock.now())
        const refused = answer.status === 401 || answer.status === 403
        const step = target.walks.get(answer.json?.requestId)?.steps.at(-1)?.step
        const expected =
          said === 'no'
            ? answer.status === (name === 'nobody' ? 401 : 403) && step === 'function'
            : !refused || step === 'object' || step === 'handle'
        if (!expected)
          wrong.push(
            `${endpoint.id} for ${name}: the contract says ${said}, the answer was ${answer.status} at ${step}`,
          )
      }
    }
    expect(wrong).toEqual([])
  })

  it('79 the table of roles and operations is the one that was reviewed', () => {
    const lines = [...matrix].map(([id, row]) =>
      `${id.padEnd(45)}${CALLERS.map((name) => String(row[name].status).padEnd(5)).join('')}`.trimEnd(),
    )
    expect(
      `\n${[' '.repeat(45) + CALLERS.map((name) => name.slice(0, 4).padEnd(5)).join(''), ...lines].map((line) => line.trimEnd()).join('\n')}\n`,
    ).toBe(REVIEWED)
  })
})

const PEOPLE = {
  roles: [],
  scopes: ['invoices:read', 'invoices:write'],
  userId: 'x',
  tenantId: 't',
  credential: async () => null,
} as const

/** Of each caller only what rules about the caller alone look at. */
function callerOf(name: Name): Caller {
  if (name === 'nobody') return NOBODY
  if (name === 'read key' || name === 'write key')
    return {
      ...PEOPLE,
      name,
      kind: 'client',
      scopes: name === 'read key' ? ['invoices:read'] : ['invoices:read', 'invoices:write'],
    }
  return { ...PEOPLE, name, kind: 'user', roles: name === 'admin' ? ['admin'] : [] }
}

const REVIEWED = `
                                             nobo owne neig stra admi read writ
POST /api/v1/auth/register                   201  201  201  201  201  201  201
POST /api/v1/auth/login                      200  200  200  200  200  200  200
POST /api/v1/auth/refresh                    200  200  200  200  200  200  200
POST /api/v1/auth/logout                     401  204  204  204  204  403  403
POST /api/v1/auth/logout-everywhere          401  204  204  204  204  403  403
GET /api/v1/me                               401  200  200  200  200  403  403
GET /.well-known/jwks.json                   200  200  200  200  200  200  200
POST /api/v1/api-keys                        401  201  201  201  201  403  403
GET /api/v1/api-keys                         401  200  200  200  200  403  403
DELETE /api/v1/api-keys/:apiKey              401  204  404  404  404  403  403
GET /api/v1/sessions                         401  200  200  200  200  403  403
DELETE /api/v1/sessions/:session             401  204  404  404  404  403  403
POST /api/v1/auth/logout-others              401  204  204  204  204  403  403
POST /api/v1/me/password                     401  204  401  401  401  403  403
GET /api/v1/users                            401  403  403  403  200  403  403
GET /api/v1/users/search                     401  403  403  403  200  403  403
GET /api/v1/users/:user                      401  200  404  404  200  403  403
PATCH /api/v1/users/:user                    401  200  404  404  200  403  403
DELETE /api/v1/users/:user                   401  204  404  404  204  403  403
POST /api/v1/invoices                        401  201  201  201  201  403  201
GET /api/v1/invoices                         401  200  200  200  200  200  200
GET /api/v1/invoices/:invoice                401  200  404  404  200  200  200
PATCH /api/v1/invoices/:invoice              401  200  404  404  200  403  200
DELETE /api/v1/invoices/:invoice             401  204  404  404  204  403  403
POST /api/v1/invoices/:invoice/viewers       401  204  404  404  204  403  403
DELETE /api/v1/invoices/:invoice/viewers     401  204  404  404  204  403  403
POST /api/v1/invoices/:invoice/pay           401  201  404  404  403  403  403
POST /api/v1/invoices/:invoice/webhook-test  401  422  404  404  403  403  403
GET /api/v0/invoices/:invoice                401  200  404  404  200  403  403
`

describeAttacks('API5 function level', api5)

afterAll(closeDatabase)
