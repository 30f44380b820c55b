import { randomUUID } from 'node:crypto'
import { type Attack, broken, control, HELD, Inconclusive, refused, sameAnswer } from '../attack.ts'
import type { Target } from '../harness.ts'
import { OPERATIONS } from '../operations.ts'
import { type Caller, NOBODY } from '../people.ts'

type Api9 = Attack<Target>

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
const everybody = ({ alice, bob, carol, admin, readKey }: Target): readonly Caller[] => [
  NOBODY,
  alice,
  bob,
  carol,
  admin,
  readKey,
]

/** Paths that other software answers on: consoles, dumps, repositories, settings, drafts of documentation. */
const FORGOTTEN = [
  '/',
  '/api',
  '/api/v1',
  '/debug',
  '/debug/pprof',
  '/debug/vars',
  '/_debug',
  '/console',
  '/admin',
  '/api/v1/admin',
  '/internal',
  '/status',
  '/healthz',
  '/ready',
  '/info',
  '/env',
  '/.env',
  '/config',
  '/config.json',
  '/.git/config',
  '/.git/HEAD',
  '/.svn/entries',
  '/.DS_Store',
  '/package.json',
  '/server.js',
  '/dump.sql',
  '/backup.zip',
  '/keys.json',
  '/actuator',
  '/actuator/env',
  '/actuator/heapdump',
  '/phpinfo.php',
  '/server-status',
  '/swagger',
  '/swagger.json',
  '/swagger-ui',
  '/swagger-ui.html',
  '/api-docs',
  '/v2/api-docs',
  '/redoc',
  '/openapi.yaml',
  '/graphql',
  '/graphiql',
  '/prometheus',
  '/api/v1/metrics',
  '/trace',
  '/.well-known/turnpike',
  '/.well-known/openapi.json',
  '/favicon.ico',
  '/robots.txt',
] as const

/** Of an operation, as OpenAPI 3.1 section 4.8.10.1 names them; everything else is ours and not for everyone. */
const STANDARD_MEMBERS = [
  'tags',
  'summary',
  'description',
  'externalDocs',
  'operationId',
  'parameters',
  'requestBody',
  'responses',
  'deprecated',
  'security',
]

const otherMethods: Api9 = {
  number: 118,
  title: 'every method that a declared path does not declare',
  async run(target) {
    const paths = new Map<string, Set<string>>()
    for (const { method, path } of target.api.endpoints) paths.set(path, (paths.get(path) ?? new Set()).add(method))
    for (const [path, declared] of paths) {
      const concrete = path.replace(/:\w+/g, randomUUID())
      for (const method of METHODS.filter((each) => !declared.has(each))) {
        const answer = await target.call(`${method} ${concrete}`, {
          as: target.admin,
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        })
        const allow = answer.headers.allow
          ?.split(', ')
          .filter((each) => each !== 'HEAD')
          .sort()
          .join()
        // A literal of another path may stand where this one has a parameter.
        const other = [...paths].some(
          ([each, methods]) => each !== path && methods.has(method) && matches(each, concrete),
        )
        if (!other && (answer.status !== 405 || allow !== [...declared].sort().join()))
          return broken(`${method} is not declared (Allow: ${allow})`, answer)
      }
    }
    return HELD
  },
}

const matches = (path: string, concrete: string): boolean =>
  new RegExp(`^${path.replace(/:\w+/g, '[^/]+').replaceAll('.', '\\.')}$`).test(concrete)

const forgottenPaths: Api9 = {
  number: 119,
  title: 'paths that nobody declared: debug, settings, dumps, consoles',
  async run(target) {
    for (const as of everybody(target)) {
      const never = await target.call(`GET /${randomUUID()}`, { as })
      for (const path of FORGOTTEN) {
        const answer = await target.call(`GET ${path}`, { as })
        if (answer.status !== 404 || !sameAnswer(answer, never)) return broken(`${as.name} found something`, answer)
      }
    }
    return HELD
  },
}

export const ownPages: Api9 = {
  number: 119,
  title: 'metrics and the full contract for everyone else; the public contract without rules',
  async run(target) {
    for (const path of ['/metrics', '/.well-known/turnpike/openapi.json']) {
      control(await target.call(`GET ${path}`, { as: target.admin }))
      for (const as of everybody(target).filter((each) => each !== target.admin)) {
        const answer = await target.call(`GET ${path}`, { as })
        if (!refused(answer) || answer.text.includes('x-turnpike') || answer.text.includes('turnpike_canary'))
          return broken(`${as.name} reads ${path}`, answer)
      }
    }
    const full = control(await target.call('GET /.well-known/turnpike/openapi.json', { as: target.admin }))
    if (!full.text.includes('x-turnpike')) throw new Inconclusive('the full contract has no rules')
    const open = control(await target.call('GET /openapi.json'))
    const members = Object.values(open.json.paths as Record<string, Record<string, object>>).flatMap((path) =>
      Object.values(path).flatMap(Object.keys),
    )
    const told = members.find((member) => !STANDARD_MEMBERS.includes(member))
    return open.text.includes('x-turnpike') || told !== undefined
      ? broken(`the public contract tells ${told ?? 'the rules'}`, open)
      : HELD
  },
}

const siblingVersions: Api9 = {
  number: 120,
  title: 'versions that nobody declared',
  async run(target) {
    const declared = new Set(target.api.endpoints.map(({ path }) => path))
    for (const { path, method } of target.api.endpoints.filter((each) => /\/v\d\//.test(each.path))) {
      for (const version of ['v0', 'v2', 'v3', 'v1.1', 'V1', 'v1beta', 'latest', 'test', 'dev']) {
        const sibling = path.replace(/\/v\d\//, `/${version}/`)
        if (declared.has(sibling)) continue
        const answer = await target.call(`${method} ${sibling.replace(/:\w+/g, target.canaries.alice.id)}`, {
          as: target.alice,
          ...(method === 'GET' || method === 'DELETE' ? {} : { body: {} }),
        })
        // Where the version has other methods on this path, 405 says so.
        if (answer.status !== 404 && answer.status !== 405) return broken('an undeclared version answers', answer)
      }
    }
    return HELD
  },
}

/** Moves the clock, so it runs on a target of its own. */
export const afterSunset: Api9 = {
  number: 121,
  title: 'an old version after its sunset',
  async run(target) {
    const { alice } = target.canaries
    const path = `/api/v0/invoices/${alice.id}`
    const before = control(await target.call(`GET ${path}`, { as: target.alice }))
    if (!before.headers.deprecation || !before.headers.sunset)
      return broken('the old version does not say that it ends', before)
    const sunset = new Date(before.headers.sunset).getTime()
    target.clock.set(sunset - 1000)
    control(await target.call(`GET ${path}`, { as: target.alice }), 'the last second')
    target.clock.set(sunset)
    for (const as of [target.alice, target.bob, NOBODY]) {
      const answer = await target.call(`GET ${path}`, { as })
      if (answer.status !== 410 || answer.text.includes(alice.title)) return broken('served after its sunset', answer)
      if (!answer.headers.sunset || !answer.headers.link?.includes('rel="deprecation sunset"'))
        return broken('the refusal does not say what replaces it', answer)
    }
    control(await target.call(`GET /api/v1/invoices/${alice.id}`, { as: target.alice }), 'the new version')
    return HELD
  },
}

const declaredButAbsent: Api9 = {
  number: 123,
  title: 'operations that are declared and not there',
  async run(target) {
    const document = control(await target.call('GET /openapi.json')).json
    const owner = await target.person()
    for (const endpoint of target.api.endpoints) {
      const described = document.paths[endpoint.path.replaceAll(/:(\w+)/g, '{$1}')]?.[endpoint.method.toLowerCase()]
      if (!described) return broken(`${endpoint.id} is served and not in the document`)
      const prepare = OPERATIONS[endpoint.id]
      if (!prepare) throw new Inconclusive(`there is no request for ${endpoint.id}`)
      // The last one may remove the owner, or end his sessions.
      const as = /logout|DELETE .*users/.test(endpoint.id) ? await target.person() : owner
      const { path, options } = await prepare(target, as)
      const answer = await target.call(`${endpoint.method} ${path}`, { ...options, as })
      if ([404, 405, 410, 501].includes(answer.status)) return broken(`${endpoint.id} is declared and absent`, answer)
    }
    return HELD
  },
}

const servers: Api9 = {
  number: 124,
  title: 'servers that are not for the public, in the public document',
  async run(target) {
    const open = control(
      await target.call('GET /openapi.json', { headers: { Host: 'evil.example', 'X-Forwarded-Host': 'evil.example' } }),
    )
    return open.json.servers === undefined && !/localhost|127\.0\.0\.1|staging|evil\.example/.test(open.text)
      ? HELD
      : broken('the document names servers', open)
  },
}

const lifecycleHeaders: Api9 = {
  number: 121,
  title: 'an old version that does not say when it ends',
  async run(target) {
    const { alice } = target.canaries
    for (const as of [target.alice, target.bob]) {
      const { headers } = await target.call(`GET /api/v0/invoices/${alice.id}`, { as })
      if (
        headers.deprecation !== '@1782777600' ||
        headers.sunset !== 'Wed, 30 Jun 2027 00:00:00 GMT' ||
        !headers.link?.startsWith('<https://billing.example/changes/v1>')
      ) {
        return broken(`Deprecation: ${headers.deprecation}, Sunset: ${headers.sunset}, Link: ${headers.link}`)
      }
    }
    const { headers } = await target.call(`GET /api/v1/invoices/${alice.id}`, { as: target.alice })
    return headers.deprecation === undefined && headers.sunset === undefined
      ? HELD
      : broken('the new version says that it ends')
  },
}

export const api9: readonly Api9[] = [
  otherMethods,
  forgottenPaths,
  ownPages,
  siblingVersions,
  lifecycleHeaders,
  declaredButAbsent,
  servers,
]
