import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it } from 'vitest'
import { readDocument } from '../../../src/contract/from-openapi/read-document.ts'
import type { Attack } from '../../../src/prover/attack.ts'
import { objectRead } from '../../../src/prover/attacks/api1/object-read.ts'
import { algNone } from '../../../src/prover/attacks/api2/alg-none.ts'
import { noCredential } from '../../../src/prover/attacks/api2/no-credential.ts'
import { secretInReply } from '../../../src/prover/attacks/api3/secret-in-reply.ts'
import { undeclaredFields } from '../../../src/prover/attacks/api3/undeclared-fields.ts'
import { roleRead } from '../../../src/prover/attacks/api5/role-read.ts'
import { loopbackAddress } from '../../../src/prover/attacks/api7/loopback-address.ts'
import { originReflected } from '../../../src/prover/attacks/api8/origin-reflected.ts'
import { securityHeaders } from '../../../src/prover/attacks/api8/security-headers.ts'
import { calibrate, withCalibration } from '../../../src/prover/calibrate/calibrate.ts'
import { startFaultProxy } from '../../../src/prover/calibrate/fault-proxy.ts'
import type { ProveTarget } from '../../../src/prover/engine/target.ts'
import { NO_HINTS } from '../../../src/prover/plan/plan-config.ts'
import { planOf } from '../../../src/prover/plan/plan-of.ts'
import { prove } from '../../../src/prover/prove.ts'
import { pass } from '../../../src/prover/verdict.ts'
import { adminDocument, adminRoutes } from '../fixtures/admin-notes.ts'
import { fetchingDocument, fetchingNotes } from '../fixtures/fetching-notes.ts'
import { type NotesParts, startNotes } from '../fixtures/notes-api.ts'
import { PEOPLE } from '../fixtures/run-attack.ts'

async function calibrated(attacks: readonly Attack[], document: object, parts: NotesParts = {}) {
  const server = await startNotes(parts)
  try {
    const plan = planOf(readDocument(document), { ...NO_HINTS, identities: PEOPLE })
    const target: ProveTarget = {
      base: new URL(server.url),
      origins: [],
      now: () => Date.now(),
      wait: (milliseconds) => new Promise((done) => setTimeout(done, milliseconds)),
      timeIsOurs: false,
    }
    const options = {
      attacks,
      limits: {
        rate: 5000,
        maxRequests: 5000,
        timeoutMilliseconds: 3000,
        maxWaitSeconds: 2,
        allowWrites: true,
        scope: [],
      },
      concurrency: 4,
      safe: false,
      seed: 1,
      callback: '127.0.0.1',
    }
    const { results } = await prove(plan, target, options)
    return { results, calibrations: await calibrate(plan, target, options, results) }
  } finally {
    await server.close()
  }
}

const outcomesOf = ({ calibrations }: Awaited<ReturnType<typeof calibrated>>) =>
  Object.fromEntries(calibrations.map(({ attack, outcome }) => [attack, outcome]))

/** Sees nothing, whatever is wrong. */
const blindTo = (number: number): Attack => ({
  ...objectRead,
  id: `blind-${number}`,
  number,
  async run({ operation, attacker }, probe) {
    if (operation) await probe.send(await probe.draft(operation, probe.identity(attacker)), probe.identity(attacker))
    return pass('nothing seen')
  },
})

describe('calibration', () => {
  it('a sound API before which a fault is simulated is noticed', async () => {
    const attacks = [objectRead, noCredential, algNone, secretInReply, roleRead, originReflected, securityHeaders]
    const run = await calibrated(attacks, adminDocument(), { routes: adminRoutes() })
    expect(run.results.filter(({ outcome }) => outcome === 'fail')).toEqual([])
    expect(outcomesOf(run)).toEqual(Object.fromEntries(attacks.map(({ id }) => [id, 'noticed'])))
    expect(withCalibration(run.results, run.calibrations)).toEqual(run.results)
  })

  it('what a strict API refuses is simulated all the same', async () => {
    const run = await calibrated([undeclaredFields], adminDocument(), { routes: adminRoutes() })
    expect(outcomesOf(run)).toEqual({ [undeclaredFields.id]: 'noticed' })
  })

  it('addresses are called in place of the API', async () => {
    const run = await calibrated([loopbackAddress], fetchingDocument('import'), fetchingNotes())
    expect(outcomesOf(run)).toEqual({ [loopbackAddress.id]: 'noticed' })
  })

  it('an attack that sees nothing is blind, and its passes are inconclusive', async () => {
    const run = await calibrated([blindTo(1), blindTo(999)], adminDocument())
    expect(outcomesOf(run)).toEqual({ 'blind-1': 'blind', 'blind-999': 'not-simulated' })
    const outcomes = withCalibration(run.results, run.calibrations).filter(({ attack }) => attack === 'blind-1')
    expect(outcomes.length).toBeGreaterThan(1)
    for (const { outcome, why } of outcomes) {
      expect(outcome).toBe('inconclusive')
      expect(why).toMatch(/does not notice when another user is taken for the owner/)
    }
    expect(withCalibration(run.results, run.calibrations).some(({ outcome }) => outcome === 'pass')).toBe(true)
  })

  it('what did not pass is not repeated', async () => {
    const open: NotesParts = {
      read: (request, response, { notes }) => void response.json(notes.get(String(request.params.noteId))),
    }
    const run = await calibrated([objectRead], adminDocument({}), open)
    const passed = run.results.filter(({ outcome }) => outcome === 'pass').map(({ id }) => id)
    expect(run.results.some(({ outcome }) => outcome === 'fail')).toBe(true)
    for (const each of run.calibrations) expect(passed).toContain(each.case)
  })
})

describe('the proxy before a target', () => {
  it('passes what it does not change exactly as it stands', async () => {
    const seen: (string | undefined)[] = []
    const server = createServer((request, response) => {
      seen.push(request.method, request.url, request.headers['x-odd'] as string)
      response.writeHead(
        201,
        [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Kept', 'yes'],
        ].flat(),
      )
      response.end('done')
    }).listen(0, '127.0.0.1')
    await new Promise((ready) => server.once('listening', ready))
    const { port } = server.address() as AddressInfo
    const proxy = await startFaultProxy(new URL(`http://127.0.0.1:${port}/api`), { told: 'nothing is wrong' })
    try {
      expect(proxy.base.pathname).toBe('/api')
      const answer = await fetch(`${proxy.base.origin}/api//x;y/%2e%2f?a=1&a=%20`, {
        method: 'PUT',
        headers: { 'X-Odd': 'odd' },
        body: 'x',
      })
      expect([answer.status, await answer.text(), answer.headers.get('x-kept')]).toEqual([201, 'done', 'yes'])
      expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2'])
      expect(seen).toEqual(['PUT', '/api//x;y/%2e%2f?a=1&a=%20', 'odd'])
    } finally {
      await proxy.close()
      await new Promise((closed) => server.close(closed))
    }
  })
})
