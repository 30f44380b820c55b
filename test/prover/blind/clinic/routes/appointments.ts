import { setTimeout as sleep } from 'node:timers/promises'
import { Router } from 'express'
import { z } from 'zod'
import { caller, findAppointment, findPatient, mayUseAppointment, memberOf } from '../access.ts'
import type { Context } from '../context.ts'
import { conflict, invalid, line, notFound, paged, pathId, readBody, readPatch } from '../http.ts'
import type { Appointment } from '../store.ts'
import { feeFor } from '../store.ts'
import { appointmentView } from '../views.ts'

const lastDay = Date.UTC(2100, 0, 1)
const quarter = 15 * 60 * 1000

const startsAt = z.iso.datetime().refine((text) => {
  const time = Date.parse(text)
  return time > Date.now() && time < lastDay && time % quarter === 0
})
const minutes = z.union([z.literal(15), z.literal(30), z.literal(60)])
const booking = { patientId: z.int().min(1).max(999_999_999), startsAt, minutes, reason: line(200) }
const bookingBody = z.strictObject(booking)
const pricedBookingBody = z.object({ ...booking, fee: z.int().min(0).max(1_000_000).optional() })
const bookingPatch = z.strictObject({
  startsAt: startsAt.optional(),
  minutes: minutes.optional(),
  reason: line(200).optional(),
})
const voucherBody = z.strictObject({ code: z.string().min(1).max(40) })

const upcomingMax = 20

export function appointmentRoutes({ store, faults, signedIn }: Context): Router {
  const router = Router()
  const appointments = '/practices/:practiceId/appointments'
  const one = `${appointments}/:appointmentId`
  const all = () => [...store.appointments.values()]

  function isTaken(doctorId: number, from: number, length: number, except?: Appointment): boolean {
    return all().some((other) => {
      if (other === except || other.doctorId !== doctorId || other.status !== 'booked') return false
      const start = Date.parse(other.startsAt)
      return start < from + length * 60_000 && from < start + other.minutes * 60_000
    })
  }

  router.get(appointments, signedIn, (req, res) => {
    const user = caller(res)
    const practice = memberOf(store, user, pathId(req, 'practiceId'))
    const visible = all().filter((item) => item.practiceId === practice.id && mayUseAppointment(user, item))
    res.json(paged(req, visible, appointmentView))
  })

  router.post(appointments, signedIn, (req, res) => {
    const user = caller(res)
    const practice = memberOf(store, user, pathId(req, 'practiceId'))
    const body: z.infer<typeof pricedBookingBody> = readBody(req, faults.has('F13') ? pricedBookingBody : bookingBody)
    const patient = findPatient(store, user, practice.id, body.patientId)
    const upcoming = all().filter(
      (item) => item.patientId === patient.id && item.status === 'booked' && Date.parse(item.startsAt) > Date.now(),
    )
    if (upcoming.length >= upcomingMax) throw conflict(1420, 'Too many upcoming appointments')
    if (isTaken(patient.doctorId, Date.parse(body.startsAt), body.minutes)) throw conflict(1421, 'This time is taken')
    const appointment: Appointment = {
      id: store.nextId('appointment'),
      practiceId: practice.id,
      patientId: patient.id,
      doctorId: patient.doctorId,
      startsAt: new Date(body.startsAt).toISOString(),
      minutes: body.minutes,
      reason: body.reason,
      status: 'booked',
      fee: body.fee ?? feeFor(body.minutes),
      discount: 0,
      voucher: null,
    }
    store.appointments.set(appointment.id, appointment)
    res.status(201).json(appointmentView(appointment))
  })

  router.get(one, signedIn, (req, res) => {
    const found = findAppointment(store, caller(res), pathId(req, 'practiceId'), pathId(req, 'appointmentId'))
    res.json(appointmentView(found))
  })

  router.patch(one, signedIn, (req, res) => {
    const found = findAppointment(store, caller(res), pathId(req, 'practiceId'), pathId(req, 'appointmentId'))
    const changes = readPatch(req, bookingPatch)
    if (found.status !== 'booked') throw conflict(1422, 'This appointment is cancelled')
    const from = Date.parse(changes.startsAt ?? found.startsAt)
    const length = changes.minutes ?? found.minutes
    if (isTaken(found.doctorId, from, length, found)) throw conflict(1421, 'This time is taken')
    found.startsAt = new Date(from).toISOString()
    if (length !== found.minutes) found.fee = feeFor(length)
    found.minutes = length
    found.reason = changes.reason ?? found.reason
    res.json(appointmentView(found))
  })

  const appointmentToCancel: typeof findAppointment = (from, user, practiceId, appointmentId) => {
    if (!faults.has('F06')) return findAppointment(from, user, practiceId, appointmentId)
    memberOf(from, user, practiceId)
    const appointment = from.appointments.get(appointmentId)
    if (appointment === undefined) throw notFound()
    return appointment
  }

  router.delete(one, signedIn, (req, res) => {
    const user = caller(res)
    const found = appointmentToCancel(store, user, pathId(req, 'practiceId'), pathId(req, 'appointmentId'))
    found.status = 'cancelled'
    store.note(user, 'appointment cancelled', String(found.id))
    res.status(204).end()
  })

  router.post(`${one}/voucher`, signedIn, async (req, res) => {
    const user = caller(res)
    const found = findAppointment(store, user, pathId(req, 'practiceId'), pathId(req, 'appointmentId'))
    const voucher = store.vouchers.get(readBody(req, voucherBody).code)
    const today = new Date().toISOString().slice(0, 10)
    if (voucher === undefined || voucher.practiceId !== found.practiceId || voucher.expiresOn < today) {
      throw invalid('Invalid value: code')
    }
    if (found.status !== 'booked') throw conflict(1422, 'This appointment is cancelled')
    if (found.voucher !== null) throw conflict(1423, 'This appointment has a voucher')
    if (voucher.usedFor !== null) throw conflict(1424, 'This voucher is used up')
    const take = () => {
      voucher.usedFor = found.id
      found.voucher = voucher.code
      found.discount += voucher.amountOff
    }
    if (!faults.has('F22')) take()
    await ledgerEntry()
    if (faults.has('F22')) take()
    store.note(user, 'voucher used', voucher.code)
    res.json(appointmentView(found))
  })

  return router
}

/** The bookkeeping answers after a moment. */
async function ledgerEntry(): Promise<void> {
  await sleep(80)
}
