import { anyAddress, anyTarget, connectByName, STAND_INS } from '../../src/drill/stand-ins.ts'
import { change, foreignAdmin, foreigner, neighbour, read, remove } from '../attacks/attacks/api1.ts'
import { api1Small } from '../attacks/attacks/api1-small.ts'
import { masked } from '../attacks/attacks/api3.ts'
import { clientBeyondScope, plainUser, shownInList } from '../attacks/attacks/api5.ts'
import { afterSunset, ownPages } from '../attacks/attacks/api9.ts'
import { crowded, demo, demoOnDatabase, demoWithUsers, lookUp, network, side, small } from './grounds.ts'
import { on, type Risk } from './layer.ts'
import * as strike from './strikes.ts'

type Name = keyof typeof STAND_INS
/** A layer that is one check, or several of one guard. */
const without = (...names: readonly Name[]) => ({
  checks: Object.fromEntries(names.map((name) => [name, STAND_INS[name]])),
})

/** The ten risks, the layers that hold each, and the attacks that each layer holds with no other in the way. */
export const RISKS: readonly Risk[] = [
  {
    id: 'API1',
    layers: [
      {
        name: 'tenant wall',
        away: without('tenantWall'),
        holds: [
          ...on(demo, read(foreigner), change(foreigner), foreignAdmin),
          ...on(small, api1Small.sharedAcrossTenants),
        ],
      },
      {
        name: 'object rule',
        away: without('objectAccess'),
        holds: [
          ...on(demo, read(neighbour), change(neighbour), remove(neighbour), read(foreigner)),
          ...on(small, api1Small.nullOwner, api1Small.childOfAnother, api1Small.parentOfAnother),
        ],
      },
      {
        name: 'parent link',
        away: without('parentLink'),
        holds: on(small, api1Small.wrongParent, api1Small.childOfAnother),
      },
      { name: 'references', away: without('referenceAccess'), holds: on(small, api1Small.mixedList) },
      {
        name: 'reply rows',
        away: without('replyRows'),
        holds: [...on(demo, read(neighbour), read(foreigner)), ...on(small, api1Small.listOfOthers)],
      },
      {
        name: 'row security',
        away: { rowSecurity: false },
        holds: on(demoOnDatabase, read(neighbour), read(foreigner), change(neighbour), remove(foreigner), foreignAdmin),
      },
    ],
  },
  {
    id: 'API2',
    layers: [
      { name: 'verification', away: without('verify'), holds: on(demo, strike.editedToken) },
      { name: 'standing', away: without('standing'), holds: on(demo, strike.revokedToken) },
      { name: 'function rule', away: without('functionAccess'), holds: on(demo, strike.noCredential) },
      { name: 'rule on objects', away: without('objectAccess'), holds: on(demo, strike.noCredential) },
    ],
  },
  {
    id: 'API3',
    layers: [
      { name: 'strict input', away: without('schema'), holds: on(demo, strike.outOfRange) },
      { name: 'writable fields', away: without('writableFields'), holds: on(small, strike.fieldOfAdmins) },
      { name: 'projection', away: without('projection'), holds: on(small, strike.memberOutside) },
      {
        name: 'readable fields',
        away: without('reader'),
        holds: [...on(small, strike.maskedField), ...on(demo, masked)],
      },
    ],
  },
  {
    id: 'API4',
    layers: [
      { name: 'address bucket', away: without('addressBucket'), holds: on(crowded, strike.flood) },
      { name: 'budget', away: without('budget'), holds: on(crowded, strike.overRate) },
      { name: 'input budget', away: without('inputBudget'), holds: on(crowded, strike.oneAccount) },
      { name: 'body size', away: without('bodySize'), holds: on(crowded, strike.largeBody) },
      { name: 'JSON depth', away: without('jsonDepth'), holds: on(crowded, strike.deepBody) },
      { name: 'bounded input', away: without('schema'), holds: on(crowded, strike.longText, strike.deepBody) },
      { name: 'deadline', away: without('deadline'), holds: on(crowded, strike.slowHandler) },
      { name: 'concurrency', away: without('concurrency'), holds: on(crowded, strike.manyAtOnce) },
    ],
  },
  {
    id: 'API5',
    layers: [
      {
        name: 'function rule',
        away: without('functionAccess'),
        holds: [...on(demo, plainUser, clientBeyondScope), ...on(demoWithUsers, shownInList)],
      },
      {
        name: 'rule on objects',
        away: without('objectAccess'),
        holds: [...on(demo, plainUser), ...on(demoWithUsers, shownInList)],
      },
      { name: 'reply rows', away: without('replyRows'), holds: on(demoWithUsers, shownInList) },
      { name: 'row security', away: { rowSecurity: false }, holds: on(demoOnDatabase, shownInList) },
    ],
  },
  {
    id: 'API6',
    layers: [
      { name: 'idempotency', away: without('replay'), holds: on(side, strike.chargedAgain) },
      { name: 'once', away: without('flowOnce'), holds: on(side, strike.chargedAgain, strike.chargedInParallel) },
      { name: 'quota', away: without('flowQuota'), holds: on(small, strike.overQuota) },
      { name: 'order', away: without('flowOrder'), holds: on(side, strike.outOfOrder) },
      { name: 'step-up', away: without('flowStepUp'), holds: on(side, strike.staleSignIn) },
    ],
  },
  {
    id: 'API7',
    layers: [
      {
        name: 'target',
        away: { outbound: { target: anyTarget } },
        holds: on(network, strike.decimal, strike.userInfo, strike.plainScheme),
      },
      {
        name: 'addresses',
        away: { outbound: { addresses: anyAddress } },
        holds: on(network, strike.literal, strike.decimal, strike.mapped, strike.innerName),
      },
      {
        name: 'pinned address',
        away: { outbound: { connect: connectByName(lookUp) } },
        holds: on(network, strike.rebinding),
      },
    ],
  },
  {
    id: 'API8',
    layers: [
      { name: 'origin', away: without('origin'), holds: on(small, strike.crossSite) },
      { name: 'security headers', away: without('securityHeaders'), holds: on(small, strike.bareReply) },
      { name: 'problems', away: without('problem'), holds: on(side, strike.innerError) },
      {
        name: 'transport',
        away: { settings: { dangerouslyAllowPlainHttp: true } },
        holds: on(small, strike.plainHttp),
      },
    ],
  },
  {
    id: 'API9',
    layers: [
      { name: 'lifecycle', away: without('lifecycle'), holds: on(demo, afterSunset) },
      { name: 'function rule', away: without('functionAccess'), holds: on(demo, ownPages) },
      { name: 'rule on objects', away: without('objectAccess'), holds: on(demo, ownPages) },
    ],
  },
  {
    id: 'API10',
    layers: [
      {
        name: 'answer schema',
        away: { outbound: { answerSchema: (async (_schema: unknown, value: unknown) => value) as never } },
        holds: on(side, strike.hostileAnswer),
      },
      {
        name: 'answer size',
        away: { outbound: { answerBytes: () => 100_000_000 } },
        holds: on(side, strike.hugeAnswer),
      },
      {
        name: 'signed webhook',
        away: without('signedBody'),
        holds: on(side, strike.forgedDelivery),
      },
      {
        name: 'delivery taken once',
        away: without('takeDelivery'),
        holds: on(side, strike.repeatedDelivery),
      },
    ],
  },
]
