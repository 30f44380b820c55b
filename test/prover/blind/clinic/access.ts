import type { Response } from 'express'
import { forbidden, notFound } from './http.ts'
import type { Appointment, MedicalRecord, Patient, Practice, Store, User } from './store.ts'

/** The signed-in user of this request; set by the authenticator. */
export function caller(res: Response): User {
  return res.locals.user as User
}

export function memberOf(store: Store, user: User, practiceId: number): Practice {
  const practice = store.practices.get(practiceId)
  if (practice === undefined || user.practiceId !== practiceId) throw notFound()
  return practice
}

export function adminOf(store: Store, user: User, practiceId: number): Practice {
  const practice = memberOf(store, user, practiceId)
  if (user.role !== 'admin') throw forbidden()
  return practice
}

export function mayUsePatient(user: User, patient: Patient): boolean {
  return patient.practiceId === user.practiceId && (user.role === 'admin' || patient.doctorId === user.id)
}

export function findPatient(store: Store, user: User, practiceId: number, patientId: number): Patient {
  memberOf(store, user, practiceId)
  const patient = store.patients.get(patientId)
  if (patient === undefined || patient.practiceId !== practiceId || !mayUsePatient(user, patient)) throw notFound()
  return patient
}

/** Read: the patient's doctor, the colleagues the record is shared with, the practice's admin. */
export function mayReadRecord(store: Store, user: User, record: MedicalRecord): boolean {
  const patient = store.patients.get(record.patientId)
  if (patient === undefined || patient.practiceId !== user.practiceId) return false
  return mayUsePatient(user, patient) || record.sharedWith.has(user.id)
}

interface RecordPath {
  readonly practiceId: number
  readonly patientId: number
  readonly recordId: number
}

export function findRecord(store: Store, user: User, path: RecordPath): MedicalRecord {
  memberOf(store, user, path.practiceId)
  const record = store.records.get(path.recordId)
  if (record === undefined || record.patientId !== path.patientId) throw notFound()
  if (!mayReadRecord(store, user, record)) throw notFound()
  return record
}

/** Write: the author alone; who may read it learns that it is not theirs to change. */
export function findOwnRecord(store: Store, user: User, path: RecordPath): MedicalRecord {
  const record = findRecord(store, user, path)
  if (record.authorId !== user.id) throw forbidden()
  return record
}

export function mayUseAppointment(user: User, appointment: Appointment): boolean {
  return appointment.practiceId === user.practiceId && (user.role === 'admin' || appointment.doctorId === user.id)
}

export function findAppointment(store: Store, user: User, practiceId: number, appointmentId: number): Appointment {
  memberOf(store, user, practiceId)
  const appointment = store.appointments.get(appointmentId)
  if (appointment === undefined || appointment.practiceId !== practiceId) throw notFound()
  if (!mayUseAppointment(user, appointment)) throw notFound()
  return appointment
}
