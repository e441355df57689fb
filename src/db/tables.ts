import { integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import type {
  AttendeeId,
  CancelledBy,
  EventId,
  EventStatus,
  ReservationId,
  ReservationStatus,
  Role,
  UserId,
  VenueId,
} from '../domain/model.ts';

/** D1's tables as Drizzle sees them; a test holds them equal to what the migrations make. Instants in epoch ms. */

export const events = sqliteTable('events', {
  num: integer('num').primaryKey(),
  id: text('id').$type<EventId>().notNull(),
  seq: integer('seq').notNull(),
  organizerId: text('organizer_id').$type<UserId>().notNull(),
  title: text('title').notNull(),
  description: text('description').notNull(),
  startTime: integer('start_time').notNull(),
  endTime: integer('end_time').notNull(),
  timeZone: text('time_zone').notNull(),
  capacity: integer('capacity').notNull(),
  held: integer('held').notNull(),
  confirmed: integer('confirmed').notNull(),
  waitlisted: integer('waitlisted').notNull(),
  status: text('status').$type<EventStatus>().notNull(),
  venueId: text('venue_id').$type<VenueId>(),
  countryCode: text('country_code'),
  priceAmount: integer('price_amount'),
  priceCurrency: text('price_currency'),
  tags: text('tags', { mode: 'json' }).$type<readonly string[]>().notNull(),
  maxQuantity: integer('max_quantity').notNull(),
  requiresConfirmation: integer('requires_confirmation', { mode: 'boolean' }).notNull(),
  holdMs: integer('hold_ms').notNull(),
  reservationsOpenAt: integer('reservations_open_at'),
  reservationsCloseAt: integer('reservations_close_at'),
  cancelUntil: integer('cancel_until'),
  publishedAt: integer('published_at'),
  deletedAt: integer('deleted_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  version: integer('version').notNull(),
  rebuilds: integer('rebuilds').notNull().default(0),
});

/** Which tags an event has; kept by triggers. */
export const eventTags = sqliteTable('event_tags', {
  tag: text('tag').notNull(),
  eventNum: integer('event_num').notNull(),
});

/** The read model of reservations: written by the projection only. */
export const reservations = sqliteTable('reservations', {
  id: text('id').$type<ReservationId>().primaryKey(),
  seq: integer('seq').notNull(),
  eventId: text('event_id').$type<EventId>().notNull(),
  userId: text('user_id').$type<UserId>().notNull(),
  attendeeId: text('attendee_id').$type<AttendeeId>(),
  quantity: integer('quantity').notNull(),
  status: text('status').$type<ReservationStatus>().notNull(),
  expiresAt: integer('expires_at'),
  confirmedAt: integer('confirmed_at'),
  cancelledAt: integer('cancelled_at'),
  cancelledBy: text('cancelled_by').$type<CancelledBy>(),
  checkedInAt: integer('checked_in_at'),
  ticketCode: text('ticket_code').notNull(),
  deletedAt: integer('deleted_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  version: integer('version').notNull(),
  queueSeq: integer('queue_seq'),
  checkedInQuantity: integer('checked_in_quantity').notNull(),
  transferTo: text('transfer_to').$type<UserId>(),
});

/** Accounts; D1 is their system of record. */
export const users = sqliteTable('users', {
  id: text('id').$type<UserId>().primaryKey(),
  username: text('username').notNull(),
  usernameKey: text('username_key').notNull(),
  email: text('email').notNull(),
  emailKey: text('email_key').notNull(),
  passwordHash: text('password_hash').notNull(),
  role: text('role').$type<Role>().notNull(),
  organizationName: text('organization_name'),
  businessAddress: text('business_address'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  disabledAt: integer('disabled_at'),
});

/** Signed-in devices, each with the hash of the one refresh token that is valid for it now. */
export const refreshFamilies = sqliteTable('refresh_families', {
  id: text('id').primaryKey(),
  userId: text('user_id').$type<UserId>().notNull(),
  tokenHash: text('token_hash').notNull(),
  createdAt: integer('created_at').notNull(),
  expiresAt: integer('expires_at').notNull(),
});

/** What was answered under an Idempotency-Key by routes whose record is D1. */
export const idempotencyKeys = sqliteTable('idempotency_keys', {
  key: text('key').primaryKey(),
  at: integer('at').notNull(),
  fingerprint: text('fingerprint').notNull(),
  answer: text('answer').notNull(),
  account: text('account'),
  attendee: text('attendee'),
});

/** Where events take place; D1 is their record. */
export const venues = sqliteTable('venues', {
  num: integer('num').primaryKey(),
  id: text('id').$type<VenueId>().notNull(),
  ownerId: text('owner_id').$type<UserId>().notNull(),
  name: text('name').notNull(),
  nameKey: text('name_key').notNull(),
  location: text('location').notNull(),
  capacity: integer('capacity').notNull(),
  facilities: text('facilities', { mode: 'json' }).$type<readonly string[]>().notNull(),
  countryCode: text('country_code').notNull(),
  deletedAt: integer('deleted_at'),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  version: integer('version').notNull(),
});

/** People whom somebody registered; D1 is their record. */
export const attendees = sqliteTable('attendees', {
  num: integer('num').primaryKey(),
  id: text('id').$type<AttendeeId>().notNull(),
  userId: text('user_id').$type<UserId>(),
  firstName: text('first_name').notNull(),
  lastName: text('last_name').notNull(),
  lastNameKey: text('last_name_key').notNull(),
  email: text('email').notNull(),
  emailKey: text('email_key').notNull(),
  phone: text('phone'),
  dateOfBirth: text('date_of_birth'),
  editTokenHash: text('edit_token_hash').notNull(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  version: integer('version').notNull(),
});

/** Accounts that were deleted and whose reservations are being cancelled. */
export const closedAccounts = sqliteTable('closed_accounts', {
  userId: text('user_id').$type<UserId>().primaryKey(),
  closedAt: integer('closed_at').notNull(),
  checkedAt: integer('checked_at').notNull(),
});

/** What something can be done to. */
export type SubjectType = 'event' | 'reservation' | 'user' | 'venue' | 'attendee';

/** Who did what when. */
export const history = sqliteTable('history', {
  id: text('id').primaryKey(),
  at: integer('at').notNull(),
  userId: text('user_id').$type<UserId>(),
  ownerId: text('owner_id').$type<UserId>(),
  action: text('action').notNull(),
  subjectType: text('subject_type').$type<SubjectType>().notNull(),
  subjectId: text('subject_id').notNull(),
  eventId: text('event_id').$type<EventId>(),
  details: text('details', { mode: 'json' }).$type<Readonly<Record<string, unknown>>>().notNull(),
});

/** An account as it is stored. */
export type UserRow = typeof users.$inferSelect;

/** A venue as it is stored. */
export type VenueRow = typeof venues.$inferSelect;
/** A venue before D1 has numbered it. */
export type NewVenue = Omit<VenueRow, 'num'>;

/** An attendee as it is stored. */
export type AttendeeRow = typeof attendees.$inferSelect;
/** An attendee before D1 has numbered them. */
export type NewAttendee = Omit<AttendeeRow, 'num'>;
