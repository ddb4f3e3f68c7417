/* SPDX-License-Identifier: GPL-2.0 */
/* As much of KUnit as the suites of the pure files use, for user space. */
#ifndef _UNIT_KUNIT_TEST_H
#define _UNIT_KUNIT_TEST_H

#include <linux/kernel.h>
#include <linux/slab.h>
#include <setjmp.h>

struct kunit {
	void *priv;
	bool failed;
	jmp_buf abort;
	void *memory;		/* chain of what kunit_kzalloc() gave */
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
};

#define KUNIT_CASE(fn)	{ .run_case = fn, .name = #fn }

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void unit_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#define kunit_info(test, format, ...) \
	unit_say("  # " format "\n" __VA_OPT__(,) __VA_ARGS__)

#define UNIT_CHECK(test, ok, after, ...) do { \
	if (!(ok)) { \
		unit_say("  # %s:%d: %s", __FILE__, __LINE__, #ok); \
		unit_say(": " __VA_ARGS__); \
		unit_say("\n"); \
		(test)->failed = true; \
		after; \
	} \
} while (0)

#define UNIT_ABORT(test)	longjmp((test)->abort, 1)

#define UNIT_OP(test, a, op, b, after, ...) do { \
	__typeof__(a) unit_a = (a); \
	__typeof__(b) unit_b = (b); \
	if (!(unit_a op unit_b)) \
		unit_say("  # %s: %lld, %s: %lld\n", #a, (long long)unit_a, \
			 #b, (long long)unit_b); \
	UNIT_CHECK(test, unit_a op unit_b, after, __VA_ARGS__); \
} while (0)

#define KUNIT_FAIL(test, ...)	UNIT_CHECK(test, false, , __VA_ARGS__)
#define KUNIT_EXPECT_TRUE(test, c)	UNIT_CHECK(test, c, , "is false")
#define KUNIT_EXPECT_FALSE(test, c)	UNIT_CHECK(test, !(c), , "is true")
#define KUNIT_EXPECT_TRUE_MSG(test, c, ...)	UNIT_CHECK(test, c, , __VA_ARGS__)
#define KUNIT_EXPECT_FALSE_MSG(test, c, ...)	UNIT_CHECK(test, !(c), , __VA_ARGS__)
#define KUNIT_EXPECT_EQ(test, a, b)	UNIT_OP(test, a, ==, b, , "%s", "")
#define KUNIT_EXPECT_NE(test, a, b)	UNIT_OP(test, a, !=, b, , "%s", "")
#define KUNIT_EXPECT_GT(test, a, b)	UNIT_OP(test, a, >, b, , "%s", "")
#define KUNIT_EXPECT_EQ_MSG(test, a, b, ...)	UNIT_OP(test, a, ==, b, , __VA_ARGS__)
#define KUNIT_ASSERT_EQ(test, a, b)	UNIT_OP(test, a, ==, b, UNIT_ABORT(test), "%s", "")
#define KUNIT_ASSERT_EQ_MSG(test, a, b, ...) \
	UNIT_OP(test, a, ==, b, UNIT_ABORT(test), __VA_ARGS__)
#define KUNIT_EXPECT_PTR_EQ(test, a, b)	UNIT_CHECK(test, (a) == (b), , "%s", "")
#define KUNIT_EXPECT_STREQ(test, a, b) \
	UNIT_CHECK(test, !strcmp(a, b), , "'%s', '%s'", a, b)
#define KUNIT_EXPECT_STREQ_MSG(test, a, b, ...) \
	UNIT_CHECK(test, !strcmp(a, b), , __VA_ARGS__)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL(test, p) \
	UNIT_CHECK(test, p, UNIT_ABORT(test), "is NULL")
#define KUNIT_EXPECT_NOT_ERR_OR_NULL(test, p)	UNIT_CHECK(test, p, , "is NULL")

#endif /* _UNIT_KUNIT_TEST_H */
