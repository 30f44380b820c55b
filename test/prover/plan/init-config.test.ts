import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDocumentText } from '../../../src/contract/from-openapi/parse-document.ts'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import { initConfig } from '../../../src/prover/plan/init-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { readConfig } from '../../../src/prover/plan/read-config.ts'
import * as styles from './styles.ts'

/** Every variable that is asked for is set. */
const ENV = new Proxy<Record<string, string>>({}, { get: (_, name) => `value-of-${String(name)}` })

const documentOf = (text: string) => readDocument(parseDocumentText(text, 'openapi.yaml'))

describe('a first turnpike.yaml', () => {
  it.each(Object.entries(styles))(
    'of %s is read again without a fault, and changes nothing of what was inferred',
    (_, text) => {
      const document = documentOf(text)
      const written = initConfig(document, './openapi.yaml')
      const { planConfig, openapi } = readConfig(written, 'turnpike.yaml', ENV)
      expect(openapi).toBe('./openapi.yaml')
      const [bare, told] = [
        planOf(document, { ...planConfig, resources: {}, operations: {} }),
        planOf(document, planConfig),
      ]
      expect(told.operations.map(({ id, access }) => [id, access])).toEqual(
        bare.operations.map(({ id, access }) => [id, access]),
      )
      expect(told.resources.map(({ name, id, owner, tenant }) => [name, id, owner, tenant])).toEqual(
        bare.resources.map(({ name, id, owner, tenant }) => [name, id, owner, tenant]),
      )
      expect(told.notes.filter((note) => /^(resources|operations):/.test(note))).toEqual([])
    },
  )

  it('says what it inferred and asks what it could not', () => {
    const written = initConfig(documentOf(styles.TENANTS), 'openapi.yaml')
    expect(written).toMatch(/ {2}carol: \{ token: "\$\{CAROL_TOKEN\}", tenant: two \}/)
    expect(written).toContain('place: bearer')
    expect(written).toContain('  "GET /internal/stats": { access: admin }')
    expect(written).toMatch(/ {2}project: # made by POST \/orgs\/\{orgSlug\}\/projects, read by/)
    expect(written).toContain(
      "    # who owns a project? a project is often made for others to read; add owner: ownerId if it is that user's alone, or shared: true",
    )
    expect(initConfig(documentOf(styles.KEYS), 'x.yaml')).toContain('place: { header: X-Api-Key }')
    expect(initConfig(documentOf(styles.JSON_API), 'x.yaml')).toContain(
      '# which depot is whose? Nothing makes or lists one; add ids: { alice: [ … ], bob: [ … ] }',
    )
  })

  it('writes the login with its place', () => {
    const { planConfig } = readConfig(initConfig(documentOf(styles.SOCIAL), 'x'), 'turnpike.yaml', ENV)
    expect(planConfig.identities[0]).toMatchObject({
      name: 'alice',
      place: { in: 'header', name: 'Authorization', prefix: 'Token ' },
      source: {
        kind: 'login',
        login: {
          url: '/users/login',
          body: { user: { email: 'alice@example.com', password: 'value-of-ALICE_PASSWORD' } },
        },
      },
    })
  })

  it('keeps what a document says within its comment', () => {
    const written = initConfig(
      readDocument({
        openapi: '3.1.0',
        info: { title: 'Evil\nallowWrites: true\u2028target: x' },
        paths: { '/a: b/{c#d}': { get: { tags: ['admin'], responses: {} } } },
      }),
      'a b: c',
    )
    expect(readConfig(written, 'turnpike.yaml', ENV)).toMatchObject({ allowWrites: null, openapi: 'a b: c' })
  })
})

const { VECTORS } = process.env

describe.skipIf(VECTORS === undefined)('a first turnpike.yaml of published documents (needs VECTORS)', () => {
  it('is read again without a fault', () => {
    const folder = join(VECTORS ?? '', 'openapi-examples')
    let count = 0
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.json'),
    )) {
      let document: ReturnType<typeof readDocument>
      try {
        document = readDocument(parseDocumentText(readFileSync(join(folder, file), 'utf8'), file))
      } catch {
        continue
      }
      count++
      expect(() => readConfig(initConfig(document, file), file, ENV), file).not.toThrow()
    }
    expect(count).toBeGreaterThan(40)
  })
})
