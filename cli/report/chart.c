/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charts, drawn so that they say it at a glance and lie about nothing: every
 * scale begins at zero, and what is on it has one unit. Nothing in here comes
 * from a log but numbers.
 */
#include "cli/report/chart.h"

#include <stdbool.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WIDTH 840.0
#define HEIGHT 230.0
#define LEFT 52.0
#define RIGHT 8.0
#define TOP 12.0
#define BOTTOM 26.0

char *chart_number(double value, char *text, size_t room)
{
	char digits[32];
	size_t n, out = 0;

	if (value >= 1e6) {
		snprintf(text, room, "%.1f M", value / 1e6);
		return text;
	}
	snprintf(digits, sizeof(digits), "%.0f", value);
	n = strlen(digits);
	for (size_t i = 0; i < n && out + 2 < room; i++) {
		if (i && (n - i) % 3 == 0)
			text[out++] = ',';
		text[out++] = digits[i];
	}
	text[out] = '\0';
	return text;
}

/* 1, 2 or 5 times a power of ten, so that most has about four steps. */
static double tick_of(double most)
{
	double step = 1;

	while (step * 5 < most) {
		if (step * 10 >= most)
			return step * 2;
		if (step * 20 >= most)
			return step * 5;
		step *= 10;
	}
	return step;
}

struct scale {
	double up, down; /* values at the top and at the bottom */
	double tick;
};

static double y_of(const struct scale *s, double value)
{
	return TOP +
	       (s->up - value) / (s->up + s->down) * (HEIGHT - TOP - BOTTOM);
}

static struct scale scale_of(
	size_t places, const struct chart_series *series, size_t n)
{
	struct scale s = {0};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < places; k++) {
			double *most =
				series[i].shape == CHART_DOWN ? &s.down : &s.up;

			if (series[i].values[k] > *most)
				*most = series[i].values[k];
		}
	s.tick = tick_of(s.up > s.down ? s.up : s.down);
	s.up = ceil(s.up / s.tick) * s.tick;
	s.down = ceil(s.down / s.tick) * s.tick;
	if (s.up + s.down <= 0)
		s.up = s.tick = 1;
	return s;
}

static void grid_draw(FILE *to, const struct scale *s)
{
	for (double v = -s->down; v <= s->up + s->tick / 2; v += s->tick) {
		double y = y_of(s, v);
		char text[32];

		fprintf(to,
			"<line class=\"%s\" x1=\"%.0f\" y1=\"%.1f\" "
			"x2=\"%.0f\" y2=\"%.1f\"/>",
			fabs(v) < s->tick / 2 ? "zero" : "grid", LEFT, y,
			WIDTH - RIGHT, y);
		fprintf(to,
			"<text class=\"axis\" x=\"%.0f\" y=\"%.1f\" "
			"text-anchor=\"end\">%s</text>\n",
			LEFT - 8, y + 4,
			chart_number(fabs(v), text, sizeof(text)));
	}
}

static double x_of(size_t places, double place)
{
	return LEFT + place / (double)places * (WIDTH - LEFT - RIGHT);
}

/* Hours under a day or two, days under more. */
static void times_draw(FILE *to, const struct chart_time *time)
{
	int64_t whole = (int64_t)time->n * time->step;
	bool days = whole > 3 * 86400;
	int64_t every = days ? 86400 : whole > 86400 ? 6 * 3600 : 3 * 3600;

	while (whole / every > 12)
		every *= 2;
	for (int64_t at = 0; at < whole; at += every) {
		time_t moment = (time_t)(time->begin + at);
		double x = x_of(time->n, (double)at / (double)time->step);
		char text[32] = "";
		struct tm tm;

		/* Of several days, midnight is where the next begins. */
		if (localtime_r(&moment, &tm))
			strftime(text, sizeof(text),
				days || (whole > 86400 && tm.tm_hour == 0)
					? "%d %b"
					: "%H:%M",
				&tm);
		fprintf(to,
			"<text class=\"axis\" x=\"%.1f\" y=\"%.0f\">%s"
			"</text>\n",
			x, HEIGHT - 8, text);
	}
}

static void bars_draw(FILE *to, const struct scale *s, size_t places,
	const struct chart_series *series, double from, double width)
{
	for (size_t k = 0; k < places; k++) {
		double v = series->values[k], zero = y_of(s, 0), y;
		double x = x_of(places, (double)k + from);

		if (v <= 0)
			continue;
		y = y_of(s, series->shape == CHART_DOWN ? -v : v);
		fprintf(to,
			"<rect class=\"c%d\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"%.1f\" height=\"%.1f\" rx=\"1\"/>",
			series->colour, x, y < zero ? y : zero,
			x_of(places, (double)k + from + width) - x,
			fabs(y - zero) < .6 ? .6 : fabs(y - zero));
	}
	fputc('\n', to);
}

static void line_draw(FILE *to, const struct scale *s, size_t places,
	const struct chart_series *series)
{
	if (series->shape == CHART_AREA) {
		fprintf(to, "<path class=\"c%d area\" d=\"M%.1f %.1f",
			series->colour, x_of(places, .5), y_of(s, 0));
		for (size_t k = 0; k < places; k++)
			fprintf(to, "L%.1f %.1f", x_of(places, (double)k + .5),
				y_of(s, series->values[k]));
		fprintf(to, "L%.1f %.1fZ\"/>\n",
			x_of(places, (double)places - .5), y_of(s, 0));
	}
	fprintf(to, "<polyline class=\"l%d\" points=\"", series->colour);
	for (size_t k = 0; k < places; k++)
		fprintf(to, "%.1f,%.1f ", x_of(places, (double)k + .5),
			y_of(s, series->values[k]));
	fputs("\"/>\n", to);
}

static void picture_begin(FILE *to, const char *label, double height)
{
	fprintf(to,
		"<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
		"aria-label=\"%s\">\n",
		WIDTH, height, label);
}

static void legend_draw(FILE *to, const struct chart_series *series, size_t n)
{
	fputs("<p class=\"legend\">", to);
	for (size_t i = 0; i < n; i++)
		fprintf(to, "<span><i class=\"b%d\"></i>%s</span> ",
			series[i].colour, series[i].name);
	fputs("</p>\n", to);
}

void chart_over_time(FILE *to, const char *label, const struct chart_time *time,
	const struct chart_series *series, size_t n)
{
	struct scale s = scale_of(time->n, series, n);
	size_t ups = 0, up = 0;

	for (size_t i = 0; i < n; i++)
		ups += series[i].shape == CHART_UP;
	picture_begin(to, label, HEIGHT);
	grid_draw(to, &s);
	times_draw(to, time);
	for (size_t i = 0; i < n; i++) {
		double width = .84 / (double)(ups ? ups : 1);

		if (series[i].shape == CHART_UP)
			bars_draw(to, &s, time->n, &series[i],
				.08 + width * (double)up++, width);
		else if (series[i].shape == CHART_DOWN)
			bars_draw(to, &s, time->n, &series[i], .08, .84);
		else
			line_draw(to, &s, time->n, &series[i]);
	}
	fputs("</svg>\n", to);
	if (n > 1)
		legend_draw(to, series, n);
}

void chart_columns(FILE *to, const char *label, const char *const *names,
	const double *values, size_t n, int colour)
{
	const double height = 170, floor = height - 26;
	double most = 0, width = WIDTH / (double)n;
	char text[32];

	for (size_t i = 0; i < n; i++)
		if (values[i] > most)
			most = values[i];
	picture_begin(to, label, height);
	for (size_t i = 0; i < n; i++) {
		double x = width * (double)i;
		double h = most > 0 ? values[i] / most * (floor - 24) : 0;

		if (h > 0 && h < 1)
			h = 1;
		fprintf(to,
			"<rect class=\"c%d\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"%.1f\" height=\"%.1f\" rx=\"2\"/>"
			"<text class=\"value\" x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"middle\">%s</text>",
			colour, x + width * .14, floor - h, width * .72, h,
			x + width / 2, floor - h - 6,
			chart_number(values[i], text, sizeof(text)));
		fprintf(to,
			"<text class=\"axis\" x=\"%.1f\" y=\"%.0f\" "
			"text-anchor=\"middle\">%s</text>\n",
			x + width / 2, height - 8, names[i]);
	}
	fprintf(to,
		"<line class=\"zero\" x1=\"0\" y1=\"%.0f\" x2=\"%.0f\" "
		"y2=\"%.0f\"/></svg>\n",
		floor, WIDTH, floor);
}

void chart_bar(FILE *to, double value, double most, int colour)
{
	double part = most > 0 ? value / most * 100 : 0;

	fprintf(to,
		"<svg class=\"bar\" aria-hidden=\"true\"><rect class=\"c%d\" "
		"width=\"%.1f%%\" height=\"100%%\" rx=\"2\"/></svg>",
		colour, part < .8 ? .8 : part);
}

void chart_parts(FILE *to, const char *label, const double *parts, size_t n)
{
	double whole = 0, x = 0;

	for (size_t i = 0; i < n; i++)
		whole += parts[i];
	if (whole <= 0)
		return;
	picture_begin(to, label, 18);
	for (size_t i = 0; i < n; i++) {
		double width = parts[i] / whole * WIDTH;

		fprintf(to,
			"<rect class=\"c%zu\" x=\"%.1f\" y=\"0\" "
			"width=\"%.1f\" height=\"18\"/>",
			i + 1, x, width > 1.5 ? width - 1.5 : width);
		x += width;
	}
	fputs("</svg>\n", to);
}
