import { readFile } from 'node:fs/promises'
import { describe, expect, it, test } from 'vitest'
import type { Change } from '../../../src/contract/diff/change.ts'
import { CHANGE_KINDS } from '../../../src/contract/diff/change-kinds.ts'
import { diffDocuments } from '../../../src/contract/diff/diff-documents.ts'
import { diffSettings, type RecordedSettings } from '../../../src/contract/diff/settings-changes.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { type Base, baseDocument, bodySchema, operation, replySchema } from './base-document.ts'

const GET = 'GET /invoices/{invoice}'
const PATCH = 'PATCH /invoices/{invoice}'
const contract = (document: Base, id: string) => operation(document, id)['x-turnpike']
const invoice = (document: Base) => document['x-turnpike'].resources.invoice as Record<string, unknown>
const field = (document: Base, name: string) =>
  (invoice(document).fields as Record<string, Record<string, unknown>>)[name] as Record<string, unknown>
const scheme = (document: Base, name: string) => document.components.securitySchemes[name] as Record<string, unknown>

/** A loosening of the base, the sentence that names it, and what the way back is: `loosens` where the two cannot be compared. */
interface Case {
  readonly kind: keyof typeof CHANGE_KINDS
  readonly says: string
  readonly loosen: (document: Base) => void
  readonly back?: 'loosens' | 'neutral'
}

const CASES: readonly Case[] = [
  {
    kind: 'access',
    says: 'GET /invoices: access is wider: role clerk → signedIn',
    loosen: (it) => {
      contract(it, 'GET /invoices').access = { signedIn: true }
    },
  },
  {
    kind: 'access',
    says: 'GET /invoices: access changed: look: role clerk → rule "hours"',
    back: 'loosens',
    loosen: (it) => {
      contract(it, 'GET /invoices').access = { rule: 'hours' }
    },
  },
  {
    kind: 'object-access',
    says: `${GET}: access is wider: owns invoice → signedIn`,
    loosen: (it) => {
      contract(it, GET).access = { signedIn: true }
    },
  },
  {
    kind: 'object-access',
    says: `${GET}: access is wider: owns invoice → reads invoice`,
    loosen: (it) => {
      contract(it, GET).access = { reads: 'invoice' }
    },
  },
  {
    kind: 'public',
    says: `${GET}: access needs no credential any more: owns invoice → anyone`,
    loosen: (it) => {
      contract(it, GET).access = { anyone: 'demo' }
    },
  },
  {
    kind: 'public',
    says: `${PATCH}: access needs no credential any more: accessToken and pin → none`,
    loosen: (it) => {
      operation(it, PATCH).security = []
    },
  },
  {
    kind: 'each',
    says: "GET /invoices: the rule for each row is wider: owns invoice → the resource's own",
    loosen: (it) => {
      delete contract(it, 'GET /invoices').each
    },
  },
  {
    kind: 'clients',
    says: 'GET /invoices: the scope for API keys lets keys in: none → invoices:read',
    loosen: (it) => {
      contract(it, 'GET /invoices').clients = 'invoices:read'
    },
  },
  {
    kind: 'security',
    says: `${PATCH}: the security requirement is weaker: accessToken and pin → accessToken`,
    loosen: (it) => {
      operation(it, PATCH).security = [{ accessToken: [] }]
    },
  },
  {
    kind: 'security',
    says: `${PATCH}: the security requirement is weaker: accessToken and pin → accessToken and pin or pin`,
    loosen: (it) => {
      operation(it, PATCH).security.push({ pin: [] })
    },
  },
  {
    kind: 'contract',
    says: `${GET}: x-turnpike is gone: owns invoice, 100/minute → none`,
    loosen: (it) => {
      delete operation(it, GET)['x-turnpike']
    },
  },
  {
    kind: 'param-resource',
    says: `${GET}: the resource of {invoice} is gone: invoice → none`,
    loosen: (it) => {
      contract(it, GET).params.invoice = { within: 'user' }
    },
  },
  {
    kind: 'param-parent',
    says: `${GET}: the parent of {invoice} is not checked any more: user → none`,
    loosen: (it) => {
      contract(it, GET).params.invoice = { resource: 'invoice' }
    },
  },
  {
    kind: 'reply-unchecked',
    says: "the reply is said to be nobody's object: none → plain",
    loosen: (it) => {
      contract(it, GET).reply = { plain: 'public prices' }
    },
  },
  {
    kind: 'limit-rate',
    says: `${GET}: the rate is up: 100/minute → 200/minute`,
    loosen: (it) => {
      contract(it, GET).limit.rate = '200/minute'
    },
  },
  {
    kind: 'limit-rate',
    says: 'the rate changed: look: 100/minute → 1000/hour',
    back: 'loosens',
    loosen: (it) => {
      contract(it, GET).limit.rate = '1000/hour'
    },
  },
  {
    kind: 'limit-key',
    says: 'the budget for query limit is up: 10/minute → none',
    loosen: (it) => {
      contract(it, 'GET /invoices').limit.by = []
    },
  },
  {
    kind: 'limit-cost',
    says: 'the cost of a call is down: 2 → 1',
    loosen: (it) => {
      delete contract(it, GET).limit.cost
    },
  },
  {
    kind: 'limit-bytes',
    says: 'the largest body is up: 1000 → 2000',
    loosen: (it) => {
      contract(it, GET).limit.maxBytes = 2000
    },
  },
  {
    kind: 'limit-timeout',
    says: 'the deadline is later: 5 → 6',
    loosen: (it) => {
      contract(it, GET).limit.timeoutSeconds = 6
    },
  },
  {
    kind: 'limit-concurrency',
    says: 'the number of calls at a time is up: 10 → none',
    loosen: (it) => {
      delete contract(it, GET).limit.concurrency
    },
  },
  {
    kind: 'flow-once',
    says: 'POST /invoices: "once" is gone: true → false',
    loosen: (it) => {
      delete contract(it, 'POST /invoices').flow.once
    },
  },
  {
    kind: 'flow-quota',
    says: 'the quota for each principal is up: 3/day → 4/day',
    loosen: (it) => {
      contract(it, 'POST /invoices').flow.perPrincipal = '4/day'
    },
  },
  {
    kind: 'flow-step-up',
    says: 'the step-up is weaker: signed in within 300 s → signed in within 301 s',
    loosen: (it) => {
      contract(it, 'POST /invoices').flow.stepUp = { freshSeconds: 301 }
    },
  },
  {
    kind: 'flow-step-up',
    says: 'the step-up is weaker: signed in within 300 s → none',
    loosen: (it) => {
      delete contract(it, 'POST /invoices').flow.stepUp
    },
  },
  {
    kind: 'flow-after',
    says: 'the step before is not asked for any more: GET /invoices → none',
    loosen: (it) => {
      delete contract(it, 'POST /invoices').flow.after
    },
  },
  {
    kind: 'flow-interval',
    says: 'the shortest time between steps is shorter: 10 → 9',
    loosen: (it) => {
      contract(it, 'POST /invoices').flow.minimumSeconds = 9
    },
  },
  {
    kind: 'idempotency',
    says: 'the idempotency key is asked for less: required → ',
    loosen: (it) => {
      contract(it, 'POST /invoices').idempotency = 'accepted'
    },
  },
  {
    kind: 'signature',
    says: 'POST /hooks/bank: the signature of the body is not checked any more',
    loosen: (it) => {
      delete contract(it, 'POST /hooks/bank').signed
    },
  },
  {
    kind: 'signature-tolerance',
    says: 'the tolerance of the signature in seconds is longer: 300 → 600',
    loosen: (it) => {
      contract(it, 'POST /hooks/bank').signed.toleranceSeconds = 600
    },
  },
  {
    kind: 'outbound',
    says: 'outbound is wider: https://bank.example.com → public',
    loosen: (it) => {
      contract(it, 'POST /invoices').outbound = 'public'
    },
  },
  {
    kind: 'deprecated',
    says: `${PATCH}: the deprecation is gone: true → false`,
    loosen: (it) => {
      delete operation(it, PATCH).deprecated
    },
  },
  {
    kind: 'sunset',
    says: `${GET}: the sunset is later: 2027-06-01T00:00:00Z → 2027-07-01T00:00:00Z`,
    loosen: (it) => {
      contract(it, GET).sunset = '2027-07-01T00:00:00Z'
    },
  },
  {
    kind: 'sunset',
    says: `${GET}: the sunset is later: 2027-06-01T00:00:00Z → none`,
    loosen: (it) => {
      delete contract(it, GET).sunset
    },
  },
  {
    kind: 'endpoint',
    says: 'GET /debug: the endpoint is new without a credential, without a limit',
    loosen: (it) => {
      it.paths['/debug'] = { get: { responses: {} } }
    },
  },
  {
    kind: 'method',
    says: 'DELETE /invoices: the method is new on a known path without a limit: accessToken',
    loosen: (it) => {
      ;(it.paths['/invoices'] ?? {}).delete = { security: [{ accessToken: [] }], responses: {} }
    },
  },
  {
    kind: 'method',
    says: 'the method is new on a known path without a rule about {invoice}: signedIn, 1/minute',
    loosen: (it) => {
      ;(it.paths['/invoices/{invoice}'] ?? {}).delete = {
        security: [{ accessToken: [] }],
        parameters: operation(it, GET).parameters,
        responses: {},
        'x-turnpike': {
          access: { signedIn: true },
          limit: { rate: '1/minute' },
          params: { invoice: { resource: 'invoice' } },
        },
      }
    },
  },
  {
    kind: 'server',
    says: 'servers: the server http://old.example.com is new',
    loosen: (it) => {
      it.servers.push({ url: 'http://old.example.com' })
    },
  },
  {
    kind: 'scheme',
    says: 'security scheme key: it is new: none → apiKey query key',
    loosen: (it) => {
      it.components.securitySchemes.key = { type: 'apiKey', in: 'query', name: 'key' }
    },
  },
  {
    kind: 'scheme-form',
    says: 'security scheme accessToken: its form changed: look: http bearer JWT → http bearer',
    back: 'loosens',
    loosen: (it) => {
      delete scheme(it, 'accessToken').bearerFormat
    },
  },
  {
    kind: 'input-added',
    says: `${PATCH}: /body/role may be sent now: none → string`,
    loosen: (it) => {
      bodySchema(it).properties.role = { type: 'string', maxLength: 5 }
    },
  },
  {
    kind: 'input-added',
    says: 'GET /invoices: /query/user may be sent now',
    loosen: (it) => {
      operation(it, 'GET /invoices').parameters.push({ name: 'user', in: 'query', schema: { type: 'string' } })
    },
  },
  {
    kind: 'input-open',
    says: `${PATCH}: undeclared members of /body are taken: declared → any`,
    loosen: (it) => {
      delete bodySchema(it).additionalProperties
    },
  },
  {
    kind: 'input-optional',
    says: `${PATCH}: /body/title is optional now`,
    loosen: (it) => {
      bodySchema(it).required = []
    },
  },
  {
    kind: 'input-bound',
    says: `${PATCH}: /body/title maxLength is wider: 100 → none`,
    loosen: (it) => {
      delete bodySchema(it).properties.title.maxLength
    },
  },
  {
    kind: 'input-bound',
    says: `${PATCH}: /body/title minLength is wider: 1 → none`,
    loosen: (it) => {
      delete bodySchema(it).properties.title.minLength
    },
  },
  {
    kind: 'input-bound',
    says: 'GET /invoices: /query/limit maximum is wider: 100 → 1000',
    loosen: (it) => {
      operation(it, 'GET /invoices').parameters[0].schema.maximum = 1000
    },
  },
  {
    kind: 'input-values',
    says: `${PATCH}: /body/status enum is wider: open, paid → open, paid, void`,
    loosen: (it) => {
      bodySchema(it).properties.status.enum.push('void')
    },
  },
  {
    kind: 'input-values',
    says: `${PATCH}: /body/status enum is wider: open, paid → none`,
    loosen: (it) => {
      delete bodySchema(it).properties.status.enum
    },
  },
  {
    kind: 'input-values',
    says: `${PATCH}: /body/title pattern is wider: ^[a-z]+$ → none`,
    loosen: (it) => {
      delete bodySchema(it).properties.title.pattern
    },
  },
  {
    kind: 'input-values',
    says: `${PATCH}: /body/title pattern changed: look`,
    back: 'loosens',
    loosen: (it) => {
      bodySchema(it).properties.title.pattern = '.'
    },
  },
  {
    kind: 'input-values',
    says: 'GET /invoices: /query/limit types is wider: integer → number',
    loosen: (it) => {
      operation(it, 'GET /invoices').parameters[0].schema.type = 'number'
    },
  },
  {
    kind: 'input-reference',
    says: `${PATCH}: the resource of /body/of is gone: invoice → none`,
    loosen: (it) => {
      delete bodySchema(it).properties.of['x-turnpike-ref']
    },
  },
  {
    kind: 'body-type',
    says: `${PATCH}: the media type application/xml is taken now`,
    loosen: (it) => {
      operation(it, PATCH).requestBody.content['application/xml'] = { schema: bodySchema(it) }
    },
  },
  {
    kind: 'reply-added',
    says: `${GET}: /reply/passwordHash is shown now: none → string`,
    loosen: (it) => {
      replySchema(it, GET).properties.passwordHash = { type: 'string' }
    },
  },
  {
    kind: 'reply-open',
    says: `${GET}: undeclared members of /reply may be shown: declared → any`,
    loosen: (it) => {
      delete replySchema(it, GET).additionalProperties
    },
  },
  {
    kind: 'reply-size',
    says: 'GET /invoices: the largest number of items of /reply is up: 100 → none',
    loosen: (it) => {
      delete replySchema(it, 'GET /invoices').maxItems
    },
  },
  {
    kind: 'refusal-added',
    says: 'refusals: /refusal/stack is shown now: none → string',
    loosen: (it) => {
      operation(it, GET).responses['429'].content['application/problem+json'].schema.properties.stack = {
        type: 'string',
      }
    },
  },
  {
    kind: 'resource',
    says: 'resource invoice: it is gone: read by owns invoice or role admin → none',
    loosen: (it) => {
      it['x-turnpike'].resources = {}
    },
  },
  {
    kind: 'resource-id',
    says: 'resource invoice: the field of the id changed: look: id → number',
    back: 'loosens',
    loosen: (it) => {
      invoice(it).id = 'number'
    },
  },
  {
    kind: 'owner',
    says: 'resource invoice: the owner is gone: userId → none',
    loosen: (it) => {
      invoice(it).owner = null
    },
  },
  {
    kind: 'tenant',
    says: 'resource invoice: the tenant is gone: tenantId → none',
    loosen: (it) => {
      invoice(it).tenant = null
    },
  },
  {
    kind: 'parent',
    says: 'resource invoice: the link to the parent user is gone: userId → none',
    loosen: (it) => {
      invoice(it).parents = {}
    },
  },
  {
    kind: 'read',
    says: 'resource invoice: who may read one is wider: owns invoice or role admin → signedIn',
    loosen: (it) => {
      invoice(it).read = { signedIn: true }
    },
  },
  {
    kind: 'refer',
    says: 'resource invoice: who may name one is wider: owns invoice → signedIn',
    loosen: (it) => {
      invoice(it).refer = { signedIn: true }
    },
  },
  {
    kind: 'field-read',
    says: 'resource invoice: who sees note in clear is wider: owns invoice → whoever gets the object',
    loosen: (it) => {
      delete field(it, 'note').read
    },
  },
  {
    kind: 'field-write',
    says: 'resource invoice: who may set userId is wider: nobody → role admin',
    loosen: (it) => {
      field(it, 'userId').write = { role: 'admin' }
    },
  },
  {
    kind: 'field-write',
    says: 'resource invoice: who may set userId is wider: nobody → whoever gets the object',
    loosen: (it) => {
      delete field(it, 'userId').write
    },
  },
  {
    kind: 'mask',
    says: 'resource invoice: what others see of card is more: card → none',
    loosen: (it) => {
      delete field(it, 'card').mask
      delete field(it, 'card').read
    },
  },
  {
    kind: 'mask',
    says: 'resource invoice: what others see of note is more: none → last4',
    loosen: (it) => {
      field(it, 'note').mask = 'last4'
    },
  },
  {
    kind: 'mask',
    says: 'resource invoice: what others see of card changed: look: card → custom',
    back: 'loosens',
    loosen: (it) => {
      field(it, 'card').mask = 'custom'
    },
  },
  {
    kind: 'seal',
    says: 'resource invoice: the seal of card is gone: true → none',
    loosen: (it) => {
      delete field(it, 'card').seal
    },
  },
]

interface SettingsCase {
  readonly kind: keyof typeof CHANGE_KINDS
  readonly says: string
  readonly loosened: Partial<RecordedSettings>
  readonly back?: 'loosens'
}
const SETTINGS: RecordedSettings = {
  settings: { production: true, plainHttp: false, hosts: ['api.example.com'], store: 'embedded', lastingKeys: true },
  layers: { rowSecurity: true },
  identity: {
    credentials: ['access tokens (JWT, EdDSA, 900 s)'],
    passwords: 'argon2id',
    tokenGaps: [],
    lacks: ['password reset'],
    tokens: { algorithms: ['EdDSA'], lifetimeSeconds: 900 },
  },
  callers: { origins: [], trustedProxies: ['10.0.0.1'] },
}
const { settings, identity } = SETTINGS
const SETTINGS_CASES: readonly SettingsCase[] = [
  {
    kind: 'production',
    says: 'the production environment is not what it runs in any more: true → false',
    loosened: { settings: { ...settings, production: false } },
  },
  {
    kind: 'plain-http',
    says: 'plain HTTP is allowed: false → true',
    loosened: { settings: { ...settings, plainHttp: true } },
  },
  {
    kind: 'hosts',
    says: 'the host names are more: api.example.com → any',
    loosened: { settings: { ...settings, hosts: 'any' } },
  },
  {
    kind: 'lasting-keys',
    says: 'lasting keys are gone: true → false',
    loosened: { settings: { ...settings, lastingKeys: false } },
  },
  {
    kind: 'row-security',
    says: 'row-level security is gone: true → false',
    loosened: { layers: { rowSecurity: false } },
  },
  {
    kind: 'origins',
    says: 'the origins are more: none → https://app.example.com',
    loosened: { callers: { origins: ['https://app.example.com'], trustedProxies: ['10.0.0.1'] } },
  },
  {
    kind: 'proxies',
    says: 'the trusted proxies are more: 10.0.0.1 → 10.0.0.1, 10.0.0.0/8',
    loosened: { callers: { origins: [], trustedProxies: ['10.0.0.1', '10.0.0.0/8'] } },
  },
  {
    kind: 'credential',
    says: 'the credential "API keys" is accepted now',
    loosened: { identity: { ...identity, credentials: [...identity.credentials, 'API keys'] } },
  },
  {
    kind: 'token-lifetime',
    says: 'the lifetime of access tokens in seconds is longer: 900 → 3600',
    loosened: {
      identity: {
        ...identity,
        credentials: ['access tokens (JWT, EdDSA, 3600 s)'],
        tokens: { algorithms: ['EdDSA'], lifetimeSeconds: 3600 },
      },
    },
  },
  {
    kind: 'token-algorithm',
    says: 'the algorithm HS256 of tokens is accepted now',
    loosened: { identity: { ...identity, tokens: { algorithms: ['EdDSA', 'HS256'], lifetimeSeconds: 900 } } },
  },
  {
    kind: 'passwords',
    says: 'how passwords are kept changed: look: argon2id → bcrypt',
    back: 'loosens',
    loosened: { identity: { ...identity, passwords: 'bcrypt' } },
  },
  {
    kind: 'identity-gap',
    says: 'the gap "no audience is checked" is new',
    loosened: { identity: { ...identity, tokenGaps: ['no audience is checked'] } },
  },
]

const read = (loosen: (document: Base) => void) => {
  const document = baseDocument()
  loosen(document)
  const found = readDocument(document)
  expect(found.faults).toEqual([])
  for (const { extensionFault } of found.operations) expect(extensionFault).toBeNull()
  return found
}
const base = () => read(() => {})
const tell = (found: readonly Change[], direction: Change['direction']) =>
  found.filter((each) => each.direction === direction).map(({ kind, sentence }) => ({ kind, sentence }))

describe.each(CASES)('$kind: $says', ({ kind, says, loosen, back = 'tightens' }) => {
  const found = (back: boolean) => {
    const [before, after] = [base(), read(loosen)]
    return back ? diffDocuments(after, before) : diffDocuments(before, after)
  }

  it('is told as what it is, and nothing else of the document is', () => {
    const [only, ...more] = found(false).filter((each) => !(kind === 'mask' && each.kind === 'field-read'))
    expect(more).toEqual([])
    expect(only).toMatchObject({ kind, direction: 'loosens', sentence: expect.stringContaining(says) })
    expect(only?.loosens).toBe(CHANGE_KINDS[kind].loosens)
    expect(only?.risk).toMatch(/^API([1-9]|10)$/)
  })

  it(`the other way round ${back}`, () => {
    const there = found(true).filter((each) => each.kind === kind)
    expect(there.map(({ direction }) => direction)).toEqual([back])
  })
})

describe.each(SETTINGS_CASES)('$kind: $says', ({ kind, says, loosened, back = 'tightens' }) => {
  const after = { ...SETTINGS, ...loosened }
  it('is told as what it is, and nothing else', () => {
    expect(tell(diffSettings(SETTINGS, after), 'loosens')).toEqual([
      { kind, sentence: expect.stringContaining(`settings: ${says}`) },
    ])
  })
  it(`the other way round ${back}`, () => {
    expect(diffSettings(after, SETTINGS).map((each) => [each.kind, each.direction])).toEqual([[kind, back]])
  })
})

test('every kind has its case', () => {
  const tried = new Set([...CASES, ...SETTINGS_CASES].map(({ kind }) => kind))
  expect(Object.keys(CHANGE_KINDS).filter((kind) => !tried.has(kind as keyof typeof CHANGE_KINDS))).toEqual([])
})

test('every kind is in docs/diff.md, with its risk and severity', async () => {
  const page = await readFile(new URL('../../../docs/diff.md', import.meta.url), 'utf8')
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (API\d+) \| ([a-z]+) \|/gm)].map(([, ...cells]) => cells)
  expect(rows).toEqual(Object.entries(CHANGE_KINDS).map(([kind, { risk, severity }]) => [kind, risk, severity]))
})

describe('what neither loosens nor tightens', () => {
  const neutral = (change: (document: Base) => void) =>
    diffDocuments(base(), read(change)).map(({ direction, sentence }) => `${direction}: ${sentence}`)

  it.each<[string, (document: Base) => void, string]>([
    [
      'an endpoint with a rule about its object and a limit',
      (it) => {
        it.paths['/v2/invoices/{invoice}'] = { get: structuredClone(operation(it, GET)) }
      },
      'GET /v2/invoices/{invoice}: the endpoint is new: owns invoice, 100/minute',
    ],
    [
      'a server with TLS',
      (it) => {
        it.servers.push({ url: 'https://eu.example.com' })
      },
      'servers: the server https://eu.example.com is new',
    ],
    [
      'a resource that nothing showed',
      (it) => {
        it['x-turnpike'].resources.order = { id: 'orderId', owner: 'by', tenant: null }
      },
      'resource order: it is new: read by owns order',
    ],
  ])('%s', (_name, change, sentence) => {
    expect(neutral(change)).toEqual([`neutral: ${sentence}`])
  })

  it('another name of a path parameter is no change at all', () => {
    expect(
      neutral((document) => {
        const { get, patch } = document.paths['/invoices/{invoice}'] ?? {}
        delete document.paths['/invoices/{invoice}']
        document.paths['/invoices/{id}'] = JSON.parse(
          JSON.stringify({ get, patch })
            .replaceAll('"name":"invoice"', '"name":"id"')
            .replace('"access":{"owns":"invoice"}', '"access":{"owns":"id"}')
            .replace('"params":{"invoice"', '"params":{"id"'),
        )
      }),
    ).toEqual([])
  })

  it('but a rename hides no loosening', () => {
    const found = diffDocuments(
      base(),
      read((document) => {
        const { get } = document.paths['/invoices/{invoice}'] ?? {}
        delete document.paths['/invoices/{invoice}']
        document.paths['/invoices/{id}'] = JSON.parse(
          JSON.stringify({ get })
            .replaceAll('"name":"invoice"', '"name":"id"')
            .replace('{"owns":"invoice"}', '{"signedIn":true}')
            .replace('"params":{"invoice"', '"params":{"id"'),
        )
      }),
    )
    expect(tell(found, 'loosens')).toEqual([
      { kind: 'object-access', sentence: 'GET /invoices/{id}: access is wider: owns id → signedIn' },
    ])
  })

  it('a deprecation that moved, and a resource that went with all that showed it', () => {
    const withDates = (date: string) =>
      read((it) => {
        operation(it, GET).deprecated = true
        contract(it, GET).deprecated = date
      })
    expect(
      diffDocuments(withDates('2026-01-01T00:00:00Z'), withDates('2026-02-01T00:00:00Z')).map(
        ({ direction }) => direction,
      ),
    ).toEqual(['neutral'])
    const gone = read((it) => {
      it.paths = {}
      it['x-turnpike'].resources = {}
    })
    expect(diffDocuments(base(), gone).filter(({ direction }) => direction === 'loosens')).toEqual([])
  })
})

describe('one cause is told once', () => {
  it('API keys and their scheme', () => {
    const found = diffDocuments(
      base(),
      read((it) => {
        contract(it, 'GET /invoices').clients = 'invoices:read'
        operation(it, 'GET /invoices').security.push({ pin: [] })
      }),
    )
    expect(tell(found, 'loosens').map(({ kind }) => kind)).toEqual(['clients'])
  })

  it('a new object in a reply is its root, not each of its members', () => {
    const found = diffDocuments(
      base(),
      read((it) => {
        replySchema(it, GET).properties.owner = {
          type: 'object',
          properties: { name: { type: 'string' }, mail: { type: 'string' } },
          additionalProperties: false,
        }
      }),
    )
    expect(found.map(({ subject }) => subject)).toEqual(['/reply/owner'])
  })

  it('a read rule that widens is told of the resource, not of every operation that refers to it', () => {
    const reads = (rule: unknown) =>
      read((it) => {
        contract(it, GET).access = { reads: 'invoice' }
        invoice(it).read = rule
      })
    const found = diffDocuments(reads({ owns: 'invoice' }), reads({ signedIn: true }))
    expect(tell(found, 'loosens').map(({ kind }) => kind)).toContain('read')
    expect(found.filter(({ place }) => place.key === GET)).toEqual([])
  })
})

test('ids are short, stable, and differ between changes', () => {
  const ids = CASES.map(({ loosen }) => diffDocuments(base(), read(loosen)).at(-1)?.id)
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{10}$/)
  const [change] = diffDocuments(base(), read((CASES[0] as Case).loosen))
  expect(change?.id).toBe(diffDocuments(base(), read((CASES[0] as Case).loosen))[0]?.id)
})
