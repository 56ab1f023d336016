/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lines of one connection say together (<F-MLFID>), kept as fail2ban
 * keeps it: groups as objects, whose keys stay in their order, since -o shows
 * them. The daemon's own keeping is filters/sessions.c.
 */
#include "cli/fail2ban/regexsession.h"

#define SESSIONS_MOST 100

/* Python's idea of what is true. */
bool regexsession_holds(const json_t *object, const char *key)
{
	const json_t *v = json_object_get(object, key);

	if (json_is_string(v))
		return json_string_length(v) > 0;
	if (json_is_array(v))
		return json_array_size(v) > 0;
	return v && !json_is_null(v);
}

/* Takes a key out of an object: its value, to be given back, or NULL. */
json_t *regexsession_take(json_t *object, const char *key)
{
	json_t *v = json_incref(json_object_get(object, key));

	json_object_del(object, key);
	return v;
}

static bool take_held(json_t *object, const char *key)
{
	bool held = regexsession_holds(object, key);

	json_object_del(object, key);
	return held;
}

static json_t *users_add(json_t *fail, const json_t *user)
{
	json_t *users = json_object_get(fail, "users"), *item;
	size_t i;

	if (!json_string_length(user))
		return users;
	if (!users) {
		users = json_array();
		json_object_set_new(fail, "users", users);
	}
	json_array_foreach (users, i, item) {
		if (json_equal(item, user))
			return users;
	}
	json_array_append(users, (json_t *)user);
	return users;
}

static void session_keep(json_t *sessions, const char *id, json_t *fail)
{
	if (json_object_size(sessions) >= SESSIONS_MOST)
		json_object_del(sessions,
			json_object_iter_key(json_object_iter(sessions)));
	json_object_set(sessions, id, fail);
}

/* What is of the session stays in it; what fail has and is set is put over. */
static void session_update(json_t *session, const json_t *fail)
{
	json_t *value;
	const char *key;

	json_object_foreach((json_t *)fail, key, value)
	{
		if (!json_is_null(value))
			json_object_set(session, key, value);
	}
}

void regexsession_lines(
	json_t *fail, const char *key, json_t *before, const json_t *lines)
{
	json_t *all = before ? before : json_array();

	if (lines)
		json_array_extend(all, (json_t *)lines);
	json_object_set_new(fail, key, all);
}

static void session_matches(json_t *fail, const json_t *lines, bool nofail,
	bool gained, bool forget)
{
	json_t *all;

	if (nofail && forget)
		return;
	if (nofail) {
		all = json_copy(json_object_get(fail, "nofail-matches"));
		regexsession_lines(fail, "nofail-matches", all, lines);
		return;
	}
	all = regexsession_take(fail, "nofail-matches");
	if (!all)
		all = json_array();
	json_array_extend(all, json_object_get(fail, "matches"));
	regexsession_lines(fail, "matches", all, gained ? NULL : lines);
}

/*
 * A match of a connection together with what earlier lines of it said. Takes
 * fail and returns what is to be told, to be given back.
 */
json_t *regexsession_merge(
	json_t *sessions, const char *id, json_t *fail, const json_t *lines)
{
	json_t *session = json_object_get(sessions, id), *users = NULL;
	bool gained = regexsession_holds(fail, "mlfgained"), nofail, forget,
	     had = false;
	bool pending;

	nofail = gained || regexsession_holds(fail, "nofail");
	if (gained && !regexsession_holds(fail, "nofail"))
		json_object_set(
			fail, "nofail", json_object_get(fail, "mlfgained"));
	forget = take_held(fail, "mlfforget");
	if (session) {
		users = users_add(session, json_object_get(fail, "user"));
		had |= take_held(session, "nofail");
		had |= take_held(session, "mlfgained");
		if (gained)
			json_object_del(session, "mlfpending");
		if (!had && !regexsession_holds(session, "mlfpending"))
			json_object_del(session, "matches");
		session_update(session, fail);
		json_decref(fail);
		fail = json_incref(session);
		if (forget)
			json_object_del(sessions, id);
	} else if (!forget) {
		users = users_add(fail, json_object_get(fail, "user"));
		session_keep(sessions, id, fail);
	}
	pending = take_held(fail, "mlfpending");
	if (pending || json_array_size(users) > 1) {
		json_object_del(fail, "nofail");
		json_object_del(fail, "mlfgained");
		nofail = gained = false;
	}
	session_matches(fail, lines, nofail, gained, forget);
	return fail;
}
