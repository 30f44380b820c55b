import { randomUUID } from 'node:crypto'
import type { Express, Request, Response } from 'express'
import { describe, expect, it } from 'vitest'
import { childUnderOwnParent } from '../../../src/prover/attacks/api1/child-under-own-parent.ts'
import { filterWidens } from '../../../src/prover/attacks/api1/filter-widens.ts'
import { listLeak } from '../../../src/prover/attacks/api1/list-leak.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { tenantHeader } from '../../../src/prover/attacks/api1/tenant-header.ts'
import { describeAttack } from '../fixtures/describe-attack.ts'
import { ACCOUNTS, caller, type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { notesDocument } from '../fixtures/notes-document.ts'
import { PEOPLE, runAttacks } from '../fixtures/run-attack.ts'

interface Pet {
  readonly id: string
  readonly surgeryId: string
  readonly vetId: string
  readonly name: string
  readonly readings: unknown[]
  readonly readers: Set<string>
}

/** Which check of the surgeries API is left out. */
interface Holes {
  readonly exportsAll?: boolean
  readonly readingsById?: boolean
  readonly filterReplaces?: boolean
  readonly eventsOfAnyTenant?: boolean
  readonly readsAll?: boolean
}

const json = (schema: object) => ({ 'application/json': { schema } })
const reply = (schema: object, status = '200') => ({ [status]: { description: 'Done.', content: json(schema) } })
const text = { type: 'string', maxLength: 100 }
const pet = { type: 'object', properties: { id: { type: 'string' }, vetId: { type: 'string' }, name: text } }
const parameter = (name: string, where: string) => ({ name, in: where, required: true, schema: { type: 'string' } })
const surgery = parameter('surgeryId', 'path')
const named = { type: 'object', required: ['name'], additionalProperties: false, properties: { name: text } }

/** Tenants that no word says to be tenants: everything stands under a surgery, and nobody makes one. */
const document = notesDocument({
  paths: {
    '/notes': {},
    '/notes/{noteId}': {},
    '/surgeries/{surgeryId}': {
      get: { parameters: [surgery], responses: reply({ type: 'object', properties: { id: { type: 'string' } } }) },
    },
    '/surgeries/{surgeryId}/pets': {
      parameters: [surgery],
      get: {
        summary: 'My own pets',
        parameters: [{ name: 'vetId', in: 'query', schema: { type: 'string' } }],
        responses: reply({ type: 'object', properties: { items: { type: 'array', items: pet } } }),
      },
      post: { requestBody: { required: true, content: json(named) }, responses: reply(pet, '201') },
    },
    '/surgeries/{surgeryId}/pets/export': {
      get: { parameters: [surgery], responses: { '200': { description: 'All.', content: { 'text/csv': {} } } } },
    },
    '/surgeries/{surgeryId}/pets/{petId}': {
      parameters: [surgery, parameter('petId', 'path')],
      get: { responses: reply(pet) },
    },
    '/surgeries/{surgeryId}/pets/{petId}/shares': {
      post: {
        parameters: [surgery, parameter('petId', 'path')],
        requestBody: { required: true, content: json({ type: 'object', properties: { with: text } }) },
        responses: { '204': { description: 'Done.' } },
      },
    },
    '/surgeries/{surgeryId}/pets/{petId}/readings': {
      parameters: [surgery, parameter('petId', 'path')],
      get: { responses: reply({ type: 'array', items: { type: 'object', properties: { note: text } } }) },
      post: {
        requestBody: {
          required: true,
          content: json({ type: 'object', required: ['note'], properties: { note: text } }),
        },
        responses: { '202': { description: 'Kept.' } },
      },
    },
    '/surgeries/{surgeryId}/rooms/{roomId}': {
      get: { parameters: [surgery, parameter('roomId', 'path')], responses: reply({ type: 'object' }) },
    },
    '/surgeries/{surgeryId}/visits/{visitId}': {
      get: { parameters: [surgery, parameter('visitId', 'path')], responses: reply({ type: 'object' }) },
    },
    '/events': {
      get: {
        parameters: [parameter('X-Org', 'header')],
        responses: reply({
          type: 'object',
          properties: { events: { type: 'array', items: { type: 'object', properties: { what: text } } } },
        }),
      },
    },
  },
})

const missing = (response: Response) => void response.status(404).json({ error: 'not found' })

function surgeries(holes: Holes, prepare: (pet: Pet) => void = () => {}): NotesParts {
  const routes = (app: Express) => {
    const pets = new Map<string, Pet>()
    const isIn = (request: Request, response: Response) => caller(response).tenant === request.params.surgeryId
    const mine = (each: Pet, response: Response) =>
      holes.readsAll === true || each.vetId === caller(response).id || each.readers.has(caller(response).id)
    const found = (request: Request, response: Response, byIdAlone = false): Pet | null => {
      const one = pets.get(String(request.params.petId))
      if (
        one &&
        isIn(request, response) &&
        (byIdAlone || (one.surgeryId === caller(response).tenant && mine(one, response)))
      )
        return one
      missing(response)
      return null
    }
    const shown = ({ readings: _, readers: __, ...rest }: Pet) => rest
    app.get('/surgeries/:surgeryId', (request, response) =>
      isIn(request, response) ? void response.json({ id: request.params.surgeryId }) : missing(response),
    )
    app.get('/surgeries/:surgeryId/pets', (request, response) => {
      if (!isIn(request, response)) return missing(response)
      const { vetId } = request.query
      const items = [...pets.values()].filter((each) =>
        vetId === undefined
          ? mine(each, response)
          : each.vetId === vetId && (holes.filterReplaces || mine(each, response)),
      )
      response.json({ items: items.map(shown) })
    })
    app.post('/surgeries/:surgeryId/pets', (request, response) => {
      if (!isIn(request, response)) return missing(response)
      const { id: vetId, tenant } = caller(response)
      const { name } = request.body as { name: string }
      const made: Pet = { id: randomUUID(), surgeryId: tenant, vetId, name, readings: [], readers: new Set() }
      pets.set(made.id, made)
      // What was there first may have been shared.
      if (pets.size === 1) prepare(made)
      response.status(201).json(shown(made))
    })
    app.get('/surgeries/:surgeryId/pets/export', (request, response) => {
      if (!isIn(request, response)) return missing(response)
      const all = [...pets.values()].filter((each) => holes.exportsAll || mine(each, response))
      response.type('csv').send(['id,name', ...all.map(({ id, name }) => `${id},${name}`)].join('\n'))
    })
    app.get('/surgeries/:surgeryId/pets/:petId', (request, response) => {
      const one = found(request, response)
      if (one) response.json(shown(one))
    })
    app.get('/surgeries/:surgeryId/pets/:petId/readings', (request, response) => {
      const one = found(request, response, holes.readingsById)
      if (one) response.json(one.readings)
    })
    app.post('/surgeries/:surgeryId/pets/:petId/readings', (request, response) => {
      const one = found(request, response)
      if (!one) return
      one.readings.push(request.body)
      response.status(202).end()
    })
    app.get('/events', (request, response) => {
      const tenant = request.get('x-org') ?? ''
      if (!holes.eventsOfAnyTenant && tenant !== caller(response).tenant) return missing(response)
      response.json({ events: [{ what: `something of the tenant ${tenant} happened`, tenant: `tenant-${tenant}-1` }] })
    })
  }
  return { routes }
}

const sound = { document, fixed: surgeries({}) }
describeAttack({
  attack: listLeak,
  name: 'an export of a tenant',
  vulnerable: surgeries({ exportsAll: true }),
  ...sound,
})
describeAttack({
  attack: filterWidens,
  name: 'a field of the object, below a tenant',
  vulnerable: surgeries({ filterReplaces: true }),
  ...sound,
})
describeAttack({
  attack: childUnderOwnParent,
  name: 'below the own tenant, of something that is empty at first',
  vulnerable: surgeries({ readingsById: true }),
  ...sound,
})
describeAttack({
  attack: tenantHeader,
  name: 'the only word on whose it is',
  vulnerable: surgeries({ eventsOfAnyTenant: true }),
  ...sound,
})
describeAttack({ attack: objectRead, name: 'below a tenant', vulnerable: surgeries({ readsAll: true }), ...sound })

describe('tenants: what is not reported', () => {
  it('an object that was shared with the stranger, where a new one is kept from him', async () => {
    const everybody = ACCOUNTS.map(({ id }) => id)
    const server = await startNotes(
      surgeries({}, (first) => {
        for (const id of everybody) first.readers.add(id)
      }),
    )
    try {
      const { results } = await runAttacks([objectRead], server.url, { document, people: PEOPLE })
      const told = JSON.stringify(
        results.map(({ outcome, owner, attacker, why }) => ({ outcome, owner, attacker, why })),
      )
      expect(
        results.filter(({ outcome }) => outcome === 'fail'),
        told,
      ).toEqual([])
      expect(told).toContain('was shared with')
    } finally {
      await server.close()
    }
  })
})
