import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Router } from 'express'
import { z } from 'zod'
import { caller, findPatient, mayUsePatient, memberOf } from '../access.ts'
import type { Context } from '../context.ts'
import { conflict, forbidden, invalid, line, notFound, paged, pathId, queryId, readBody, readPatch } from '../http.ts'
import type { Patient } from '../store.ts'
import { patientView } from '../views.ts'

const bornOn = z.iso.date().refine((date) => date >= '1970-01-01' && date <= new Date().toISOString().slice(0, 10))
const species = z.enum(['cat', 'dog', 'rabbit', 'horse', 'bird', 'other'])
const patientBody = z.strictObject({ name: line(60), species, bornOn, ownerName: line(80), ownerPhone: line(30) })
const patientPatch = patientBody.partial()
const lookupBody = z.strictObject({ ids: z.array(z.int().min(1).max(999_999_999)).min(1).max(50) })

const patientsMax = 500
const columns = ['id', 'name', 'species', 'bornOn', 'ownerName', 'ownerPhone', 'doctorId'] as const

/** A cell as text: quoted, and never the beginning of a formula. */
function cell(value: string | number): string {
  const text = String(value)
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return `"${plain.replaceAll('"', '""')}"`
}

function* csv(patients: readonly Patient[]): Generator<string> {
  yield `${columns.join(',')}\r\n`
  for (const patient of patients) yield `${columns.map((column) => cell(patient[column])).join(',')}\r\n`
}

export function patientRoutes({ store, faults, limits, signedIn }: Context): Router {
  const router = Router()
  const all = () => [...store.patients.values()]

  router.get('/practices/:practiceId/patients', signedIn, (req, res) => {
    const user = caller(res)
    const practice = memberOf(store, user, pathId(req, 'practiceId'))
    const doctorId = queryId(req, 'doctorId')
    const search = req.query.q ?? ''
    if (typeof search !== 'string' || search.length > 60) throw invalid('Invalid value: q')
    const inPractice = all().filter((patient) => patient.practiceId === practice.id)
    const visible =
      faults.has('F05') && doctorId !== undefined
        ? inPractice
        : inPractice.filter((patient) => mayUsePatient(user, patient))
    const found = visible.filter(
      (patient) =>
        (doctorId === undefined || patient.doctorId === doctorId) &&
        `${patient.name} ${patient.ownerName}`.toLowerCase().includes(search.toLowerCase()),
    )
    res.json(paged(req, found, patientView, faults.has('F16') ? Number.MAX_SAFE_INTEGER : 100))
  })

  router.post('/practices/:practiceId/patients', signedIn, (req, res) => {
    const user = caller(res)
    const practice = memberOf(store, user, pathId(req, 'practiceId'))
    if (user.role !== 'doctor') throw forbidden()
    const body = readBody(req, patientBody)
    if (all().filter((patient) => patient.doctorId === user.id).length >= patientsMax) {
      throw conflict(1410, 'Too many patients')
    }
    const patient: Patient = {
      id: store.nextId('patient'),
      practiceId: practice.id,
      doctorId: user.id,
      ...body,
      createdAt: new Date().toISOString(),
    }
    store.patients.set(patient.id, patient)
    res.status(201).json(patientView(patient))
  })

  router.get('/practices/:practiceId/patients/export', signedIn, limits.exports, async (req, res) => {
    const user = caller(res)
    const practiceId = pathId(req, 'practiceId')
    if (!faults.has('F07')) memberOf(store, user, practiceId)
    const patients = all().filter(
      (patient) => patient.practiceId === practiceId && (faults.has('F07') || mayUsePatient(user, patient)),
    )
    store.note(user, 'export', String(practiceId))
    res.setHeader('Content-Type', 'text/csv; charset=utf-8')
    res.setHeader('Content-Disposition', 'attachment; filename="patients.csv"')
    await pipeline(Readable.from(csv(patients)), res)
  })

  router.post('/practices/:practiceId/patients/lookup', signedIn, (req, res) => {
    const user = caller(res)
    memberOf(store, user, pathId(req, 'practiceId'))
    const wanted = new Set(readBody(req, lookupBody).ids)
    const found = all().filter((patient) => wanted.has(patient.id))
    const items = faults.has('F04') ? found : found.filter((patient) => mayUsePatient(user, patient))
    res.json({ items: items.map(patientView) })
  })

  // No other method of these two is to be taken for a patient's.
  router.all(['/practices/:practiceId/patients/export', '/practices/:practiceId/patients/lookup'], () => {
    throw notFound()
  })

  router.get('/practices/:practiceId/patients/:patientId', signedIn, (req, res) => {
    res.json(patientView(findPatient(store, caller(res), pathId(req, 'practiceId'), pathId(req, 'patientId'))))
  })

  const patientToChange: typeof findPatient = (from, user, practiceId, patientId) => {
    if (!faults.has('F02')) return findPatient(from, user, practiceId, patientId)
    const practice = memberOf(from, user, practiceId)
    const patient = from.patients.get(patientId)
    if (patient === undefined || patient.practiceId !== practice.id) throw notFound()
    return patient
  }

  router.patch('/practices/:practiceId/patients/:patientId', signedIn, (req, res) => {
    const patient = patientToChange(store, caller(res), pathId(req, 'practiceId'), pathId(req, 'patientId'))
    res.json(patientView(Object.assign(patient, readPatch(req, patientPatch))))
  })

  router.delete('/practices/:practiceId/patients/:patientId', signedIn, (req, res) => {
    const user = caller(res)
    const patient = findPatient(store, user, pathId(req, 'practiceId'), pathId(req, 'patientId'))
    store.deletePatient(patient.id)
    store.note(user, 'patient deleted', String(patient.id))
    res.status(204).end()
  })

  return router
}
