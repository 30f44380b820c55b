import { z } from 'zod'

/** An object that takes these keys alone, and says so. */
const keys = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `unknown key ${issue.keys.join(', ')}; known are ${Object.keys(shape).join(', ')}`
        : undefined,
  })

const text = z.string('is no text; put it in quotes').min(1, 'is empty')
const pointer = z.string().regex(/^\//, 'is no JSON Pointer: it begins with /')
const id = z.union([text, z.number()], { error: 'is no id: a text or a number' }).transform(String)
const url = z.string().refine((it) => URL.canParse(it) && /^https?:/.test(it), 'is no http or https address')
const texts = z.record(z.string(), z.union([z.string(), z.number()], { error: 'is no text' }).transform(String))
/** Header names as RFC 9110 has them; a line feed in a value would be a request of its own. */
const headers = texts.refine(
  (it) => Object.entries(it).every(([name, value]) => /^[\w!#$%&'*+.^`|~-]+$/.test(name) && !/[\r\n\0]/.test(value)),
  'holds what is no header',
)

const place = z
  .union(
    [
      z.literal('bearer').transform(() => ({ in: 'header' as const, name: 'Authorization', prefix: 'Bearer ' })),
      keys({ header: text, prefix: z.string().default('') }).transform((it) => placeAt('header', it.header, it.prefix)),
      keys({ cookie: text }).transform((it) => placeAt('cookie', it.cookie, '')),
      keys({ query: text }).transform((it) => placeAt('query', it.query, '')),
    ],
    { error: 'is bearer, or one of { header: NAME, prefix: "…" }, { cookie: NAME }, { query: NAME }' },
  )
  .optional()

const placeAt = (where: 'header' | 'cookie' | 'query', name: string, prefix: string) => ({ in: where, name, prefix })

const tokenFrom = z.union(
  [
    pointer.transform((name) => ({ from: 'body' as const, name })),
    keys({ body: pointer }).transform((it) => ({ from: 'body' as const, name: it.body })),
    keys({ cookie: text }).transform((it) => ({ from: 'cookie' as const, name: it.cookie })),
    keys({ header: text }).transform((it) => ({ from: 'header' as const, name: it.header })),
  ],
  { error: 'is a JSON Pointer into the reply, or one of { cookie: NAME }, { header: NAME }' },
)

const also = z.union(
  [
    pointer,
    keys({ cookie: text }).transform((it) => `cookie:${it.cookie}`),
    keys({ header: text }).transform((it) => `header:${it.header}`),
  ],
  { error: 'is a JSON Pointer into the reply of the login, or one of { cookie: NAME }, { header: NAME }' },
)

const login = keys({
  url: z.string().refine((it) => it.startsWith('/') || URL.canParse(it), 'is a path below the target, or an address'),
  method: z.enum(['POST', 'PUT', 'GET']).default('POST'),
  mediaType: text.default('application/json'),
  headers: headers.default({}),
  body: z.unknown().optional(),
  token: tokenFrom,
  also: z.record(z.string(), also).default({}),
  place,
})

const identity = keys({
  kind: z.enum(['user', 'admin', 'client'], { error: 'is user, admin or client' }).optional(),
  tenant: id.optional(),
  roles: z.array(text).optional(),
  spare: z.boolean({ error: 'is true or false' }).default(false),
  subject: id.optional(),
  username: text.optional(),
  password: text.optional(),
  token: text.optional(),
  command: z.array(text, { error: 'is a list: the program, then its arguments' }).min(1, 'is empty').optional(),
  headers: headers.optional(),
  cookies: texts.optional(),
  place,
})

const resource = keys({
  ids: z
    .record(z.string(), z.union([id.transform((it) => [it]), z.array(id)], { error: 'is an id or a list of ids' }))
    .optional(),
  shared: z.boolean({ error: 'is true or false' }).optional(),
  owner: text.optional(),
  tenant: text.optional(),
  id: text.optional(),
})

const operation = keys({
  access: z.enum(['public', 'signed-in', 'admin'], { error: 'is public, signed-in or admin' }).optional(),
  leaveOut: z.boolean({ error: 'is true or false' }).optional(),
  references: z.record(z.string(), text).optional(),
  body: z.unknown().optional(),
  bodies: z.array(z.unknown(), { error: 'is no list' }).optional(),
  params: texts.optional(),
  produces: pointer.optional(),
  signing: keys({
    secret: text,
    signatureHeader: text,
    timestampHeader: text.optional().transform((it) => it ?? null),
    prefix: z.string().default(''),
    encoding: z.enum(['hex', 'base64'], { error: 'is hex or base64' }).default('hex'),
  }).optional(),
})

const count = z.int('is no whole number').min(1, 'is less than 1')
const limits = keys({
  rate: z.number('is no number').positive('is not more than 0').optional(),
  maxRequests: count.optional(),
  concurrency: count.max(64, 'is more than 64').optional(),
  maxWaitSeconds: z.number('is no number').min(0, 'is less than 0').optional(),
  timeoutSeconds: z.number('is no number').positive('is not more than 0').optional(),
})

const origin = url.refine((it) => new URL(it).pathname === '/', 'is no origin: leave the path out')

/** `turnpike.yaml` as it is written, identities by name. Everything has a default or may be left out. */
export const configSchema = keys({
  target: url.optional(),
  openapi: text.optional(),
  origins: z.array(origin.transform((it) => new URL(it).origin)).default([]),
  identities: z.record(text, identity).default({}),
  login: login.optional(),
  place,
  resources: z.record(z.string(), resource).default({}),
  operations: z.record(z.string(), operation).default({}),
  limits: limits.default({}),
  scope: z
    .union([z.string().transform((it) => [it]), z.array(z.string())])
    .pipe(z.array(z.string().regex(/^\//, 'is no path: it begins with /')))
    .default([]),
  callback: text.optional(),
  allowWrites: z.boolean({ error: 'is true or false' }).optional(),
})

export type ConfigText = z.infer<typeof configSchema>
