import { hash } from '@node-rs/argon2'

export type Role = 'doctor' | 'admin'

export interface Practice {
  readonly id: number
  name: string
  phone: string
  address: string
  notice: string
}

export interface User {
  readonly id: number
  readonly practiceId: number
  readonly email: string
  name: string
  mobile: string
  speciality: string
  bio: string
  role: Role
  active: boolean
  licenceVerified: boolean
  passwordHash: string
  notificationUrl: string | null
  lastLoginAt: string | null
}

export interface Patient {
  readonly id: number
  readonly practiceId: number
  readonly doctorId: number
  name: string
  species: string
  bornOn: string
  ownerName: string
  ownerPhone: string
  readonly createdAt: string
}

export interface MedicalRecord {
  readonly id: number
  readonly patientId: number
  readonly authorId: number
  kind: string
  title: string
  text: string
  internalNote: string
  readonly createdAt: string
  updatedAt: string
  readonly sharedWith: Set<number>
}

export interface Attachment {
  readonly id: number
  readonly recordId: number
  readonly name: string
  readonly type: string
  readonly content: Buffer
  readonly createdAt: string
}

export interface LabResult {
  readonly name: string
  readonly value: number
  readonly unit: string
}

export interface LabOrder {
  readonly id: number
  readonly recordId: number
  readonly panel: string
  status: 'sent' | 'done' | 'failed'
  results: readonly LabResult[]
  comment: string
  readonly createdAt: string
}

export interface Appointment {
  readonly id: number
  readonly practiceId: number
  readonly patientId: number
  readonly doctorId: number
  startsAt: string
  minutes: number
  reason: string
  status: 'booked' | 'cancelled'
  fee: number
  discount: number
  voucher: string | null
}

export interface Voucher {
  readonly code: string
  readonly practiceId: number
  readonly amountOff: number
  readonly expiresOn: string
  usedFor: number | null
}

export interface Invitation {
  readonly id: number
  readonly practiceId: number
  readonly email: string
  readonly name: string
  readonly role: Role
  readonly invitedBy: number
  readonly createdAt: string
}

interface AuditEntry {
  readonly at: string
  readonly practiceId: number
  readonly actorId: number
  readonly action: string
  readonly target: string
}

const auditKept = 2000

export class Store {
  readonly practices = new Map<number, Practice>()
  readonly users = new Map<number, User>()
  readonly patients = new Map<number, Patient>()
  readonly records = new Map<number, MedicalRecord>()
  readonly attachments = new Map<number, Attachment>()
  readonly labOrders = new Map<number, LabOrder>()
  readonly appointments = new Map<number, Appointment>()
  readonly vouchers = new Map<string, Voucher>()
  readonly invitations = new Map<number, Invitation>()
  readonly audit: AuditEntry[] = []
  readonly #next = { patient: 1001, record: 5001, attachment: 9001, labOrder: 8001, appointment: 7001, invitation: 601 }

  nextId(kind: 'patient' | 'record' | 'attachment' | 'labOrder' | 'appointment' | 'invitation'): number {
    const id = this.#next[kind]
    this.#next[kind] = id + 1
    return id
  }

  userByEmail(email: string): User | undefined {
    return [...this.users.values()].find((user) => user.email === email)
  }

  recordsOf(patientId: number): MedicalRecord[] {
    return [...this.records.values()].filter((record) => record.patientId === patientId)
  }

  attachmentsOf(recordId: number): Attachment[] {
    return [...this.attachments.values()].filter((attachment) => attachment.recordId === recordId)
  }

  labOrdersOf(recordId: number): LabOrder[] {
    return [...this.labOrders.values()].filter((order) => order.recordId === recordId)
  }

  deleteRecord(recordId: number): void {
    for (const attachment of this.attachmentsOf(recordId)) this.attachments.delete(attachment.id)
    for (const order of this.labOrdersOf(recordId)) this.labOrders.delete(order.id)
    this.records.delete(recordId)
  }

  deletePatient(patientId: number): void {
    for (const record of this.recordsOf(patientId)) this.deleteRecord(record.id)
    for (const appointment of this.appointments.values()) {
      if (appointment.patientId === patientId) this.appointments.delete(appointment.id)
    }
    this.patients.delete(patientId)
  }

  note(actor: User, action: string, target = ''): void {
    this.audit.push({ at: new Date().toISOString(), practiceId: actor.practiceId, actorId: actor.id, action, target })
    if (this.audit.length > auditKept) this.audit.shift()
  }
}

// Memory and time kept small: the service runs on a shared box at the customer's.
export async function hashPassword(password: string): Promise<string> {
  return hash(password, { memoryCost: 4096, timeCost: 2, parallelism: 1 })
}

export function feeFor(minutes: number): number {
  return minutes * 200
}

const day = 24 * 60 * 60 * 1000

const staff = [
  {
    id: 101,
    practiceId: 11,
    role: 'doctor',
    email: 'alice@meadow.example',
    name: 'Dr Alice Arden',
    key: 'Meadow-alice-4711',
  },
  {
    id: 102,
    practiceId: 11,
    role: 'doctor',
    email: 'bob@meadow.example',
    name: 'Dr Bob Birch',
    key: 'Meadow-bob-4712',
  },
  { id: 103, practiceId: 11, role: 'admin', email: 'dave@meadow.example', name: 'Dave Dorn', key: 'Meadow-dave-4713' },
  {
    id: 201,
    practiceId: 12,
    role: 'doctor',
    email: 'carol@harbour.example',
    name: 'Dr Carol Cole',
    key: 'Harbour-carol-4721',
  },
  { id: 202, practiceId: 12, role: 'admin', email: 'erin@harbour.example', name: 'Erin Eke', key: 'Harbour-erin-4722' },
] as const

const animals = [
  { name: 'Luna', species: 'cat', bornOn: '2019-04-02' },
  { name: 'Rocky', species: 'dog', bornOn: '2016-11-21' },
  { name: 'Pip', species: 'rabbit', bornOn: '2022-06-15' },
] as const

export async function seededStore(): Promise<Store> {
  const store = new Store()
  store.practices.set(11, {
    id: 11,
    name: 'Meadow Animal Clinic',
    phone: '030 5550 110',
    address: '4 Meadow Lane',
    notice: 'Closed on Friday afternoon.',
  })
  store.practices.set(12, {
    id: 12,
    name: 'Harbour Vets',
    phone: '040 5550 220',
    address: '17 Quay Road',
    notice: 'Night duty from 20:00.',
  })
  const hashes = await Promise.all(staff.map(async (person) => hashPassword(person.key)))
  staff.forEach((person, index) => {
    store.users.set(person.id, {
      id: person.id,
      practiceId: person.practiceId,
      email: person.email,
      name: person.name,
      mobile: `0171 5550 ${person.id}`,
      speciality: person.role === 'admin' ? '' : person.id === 102 ? 'surgery' : 'small animals',
      bio: person.role === 'admin' ? '' : `${person.name} has been with us for years.`,
      role: person.role,
      active: true,
      licenceVerified: false,
      passwordHash: hashes[index] ?? '',
      notificationUrl: null,
      lastLoginAt: null,
    })
  })
  for (const doctor of store.users.values()) {
    if (doctor.role === 'doctor') seedDoctor(store, doctor)
  }
  for (const practiceId of store.practices.keys()) seedVouchers(store, practiceId)
  const first = (doctorId: number) => [...store.records.values()].find((record) => record.authorId === doctorId)
  first(101)?.sharedWith.add(102)
  first(102)?.sharedWith.add(101)
  return store
}

function seedDoctor(store: Store, doctor: User): void {
  const createdAt = new Date(Date.now() - 30 * day).toISOString()
  animals.forEach((animal, index) => {
    const patient: Patient = {
      id: store.nextId('patient'),
      practiceId: doctor.practiceId,
      doctorId: doctor.id,
      ...animal,
      ownerName: `Owner ${doctor.id}-${index + 1}`,
      ownerPhone: `0172 5550 ${doctor.id}${index}`,
      createdAt,
    }
    store.patients.set(patient.id, patient)
    for (const kind of ['visit', 'vaccination']) seedRecord(store, patient, kind, createdAt)
    seedAppointment(store, patient, index)
  })
}

function seedRecord(store: Store, patient: Patient, kind: string, createdAt: string): void {
  const record: MedicalRecord = {
    id: store.nextId('record'),
    patientId: patient.id,
    authorId: patient.doctorId,
    kind,
    title: `${kind} of ${patient.name}`,
    text: `Findings of doctor ${patient.doctorId} for ${patient.name}: nothing unusual.`,
    internalNote: `Note to self (${patient.doctorId}): owner pays late.`,
    createdAt,
    updatedAt: createdAt,
    sharedWith: new Set(),
  }
  store.records.set(record.id, record)
  const attachmentId = store.nextId('attachment')
  store.attachments.set(attachmentId, {
    id: attachmentId,
    recordId: record.id,
    name: `${kind}-${record.id}.txt`,
    type: 'text/plain',
    content: Buffer.from(`Weight chart of ${patient.name}, doctor ${patient.doctorId}\n`),
    createdAt,
  })
  const orderId = store.nextId('labOrder')
  store.labOrders.set(orderId, {
    id: orderId,
    recordId: record.id,
    panel: 'blood',
    status: 'sent',
    results: [],
    comment: '',
    createdAt,
  })
}

function seedAppointment(store: Store, patient: Patient, index: number): void {
  const startsAt = new Date((Math.floor(Date.now() / day) + 3 + index) * day + 9 * 60 * 60 * 1000).toISOString()
  const id = store.nextId('appointment')
  store.appointments.set(id, {
    id,
    practiceId: patient.practiceId,
    patientId: patient.id,
    doctorId: patient.doctorId,
    startsAt,
    minutes: 30,
    reason: `Check-up of ${patient.name}`,
    status: 'booked',
    fee: feeFor(30),
    discount: 0,
    voucher: null,
  })
}

function seedVouchers(store: Store, practiceId: number): void {
  const expiresOn = new Date(Date.now() + 200 * day).toISOString().slice(0, 10)
  for (let index = 0; index < 20; index += 1) {
    const code = `SPRING-${practiceId}${(7919 * (index + 13)).toString(36).toUpperCase()}`
    store.vouchers.set(code, { code, practiceId, amountOff: 1500, expiresOn, usedFor: null })
  }
}
